"""The site: what its pages are made from; then a site of one module, built from a smoke run and read in a browser.

The site's environment is made by pip if it is not there, which takes a minute; where that fails, these tests are
skipped with the reason.
"""

import ast
import base64
import io
import json
import re
import subprocess

import nbformat
import pytest
from axe_playwright_python.base import AXE_FILE_PATH
from llmcourse import course
from llmcourse.figures.question import questions
from PIL import Image
from playwright.sync_api import expect, sync_playwright

from grading.authoring import release, site
from grading.authoring.site import audit, lessons, links, lists, reference, sections, shrink, summaries
from grading.paths import ROOT

from .test_browser import QUIET, SECONDS, chromium

MODULE = course.module(8)
SHOWN = links.pages([MODULE], ROOT)


# --- what pages are made from


LAB, LECTURE = MODULE.notebooks["lab"], MODULE.notebooks["lecture"]


@pytest.mark.parametrize(
    ("text", "file", "expected"),
    [
        ("[lab](../work/08_linear_attention/08_lab.ipynb)", LECTURE, f"[lab](../labs/{MODULE.slug}.ipynb)"),
        ("[it](../../lectures/08_linear_attention.ipynb#a)", LAB, f"[it](../lectures/{MODULE.slug}.ipynb#a)"),
        ("[start](00_start.ipynb)", LECTURE, "[start](../index.md)"),
        ("[09](09_state_space.ipynb)", LECTURE, "09"),  # this site does not have it
        ("[[1] Vaswani](09_x.ipynb)", LECTURE, "[1] Vaswani"),
        *((text, LECTURE, text) for text in ("[a](https://a.org)", "[b](#b)", "![c](d.webp)")),
    ],
)
def test_a_link_leads_to_a_page_or_becomes_text(text, file, expected):
    assert links.relinked(text, file, SHOWN[file], SHOWN) == expected


def test_a_subject_is_linked_to_the_section_about_it():
    told = [
        sections.Section("Moving the $Q$ brackets", "With features the brackets can be moved, as in U-Mamba."),
        sections.Section("HiPPO", "brackets"),
    ]
    assert sections.linked("moved brackets; HiPPO, Mamba", told, "p.ipynb") == (
        "[moved brackets](p.ipynb#moving-the--brackets); [HiPPO](p.ipynb#hippo), Mamba"
    )
    assert sections.linked("Mamba", told, "p.ipynb", "Mamba and its family") == "[Mamba](p.ipynb)"


@pytest.mark.parametrize("module", [m for m in course.MODULES if m.written], ids=lambda m: m.slug)
def test_what_to_remember_has_letters_formulas_and_last_words(module):
    text = summaries.page(module, ROOT / module.notebooks["lecture"])
    letters, _, words = text.partition("## In words")
    assert letters.count("The letters") <= 1 and letters.count("$$") >= 2 and letters.count("$$") % 2 == 0
    assert len(re.findall(r"^(?:- |\d+\. )", words, re.M)) >= 3


def test_a_picture_becomes_one_small_file(tmp_path):
    data = io.BytesIO()
    Image.new("RGB", (400, 300), "white").save(data, "png")
    html = f'<img alt="" src="data:image/png;base64,{base64.b64encode(data.getvalue()).decode()}">'
    shown = shrink.output(html * 2, tmp_path)
    (file,) = (tmp_path / "extra" / shrink.FIGURES).iterdir()
    assert shown == f'<img alt="" src="../{shrink.FIGURES}/{file.name}">' * 2
    assert Image.open(file).size == (400, 300) and file.stat().st_size < len(data.getvalue())


def test_a_lab_has_no_hints_and_no_cell_that_only_a_notebook_needs():
    notebook = lessons._lab(nbformat.read(ROOT / MODULE.notebooks["lab"], as_version=4), MODULE)
    text = "\n".join(cell.source for cell in notebook.cells)
    assert "Exercise 8" in text and "NotImplementedError" in text and "make lab" in text
    assert not any(word in text for word in ("Hint 1", "find_spec", "work.save"))
    assert not release.secret(MODULE.slug) & set(map(str.strip, text.splitlines()))


def test_a_lecture_has_one_title():
    cells = [nbformat.v4.new_markdown_cell(text) for text in ("# One\n\n## Two", "# Three", "## Four")]
    assert [cell.source for cell in lessons._levelled(cells)] == ["# One\n\n## Two", "## Three", "## Four"]


def test_a_record_is_shown_in_outline():
    value = {"steps": 3, "loss": {"a": 0.123456789}, "runs": [{"seed": i} for i in range(20)]}
    lines = ["steps: 3", "loss:", "  a: 0.1235", 'runs: 20 values, each like {"seed": 0}']
    assert list(lists.outline(value)) == lines


def test_a_docstring_keeps_what_is_aligned():
    told = reference._told(ast.parse('"""One <b> of $2.\n\n    q  (L, d)  `queries`\n"""'))
    assert told == "One \\<b\\> of \\$2.\n\n```text\nq  (L, d)  `queries`\n```"


def test_faults_of_a_site_are_found(tmp_path):
    (tmp_path / "big.webp").write_bytes(b"0" * 400_000)
    (tmp_path / "a.css").write_text("@import 'https://fonts.example/x.css';")
    (tmp_path / "index.html").write_text(
        '<link rel="stylesheet" href="a.css"><link rel="canonical" href="https://a.example/">'
        '<script src="https://cdn.example/x.js"></script><img src="no.png">'
        '<a href="b.html">b</a> <a href="#c">c</a> <a id="d" href="#d">d</a> <a href="https://a.example">e</a>'
        '<div class="explorer"><div></div><img src="big.webp"></div>'
    )
    assert audit.faults(tmp_path) == [
        "index.html: loads https://cdn.example/x.js",
        "index.html: loads no.png, which is not there",
        "index.html: links to b.html, which is not there",
        "index.html: links to #c, which has no such section",
        "index.html: has an explorer of 0.40 MB",
        "a.css: loads something from elsewhere",
    ]


# --- a site of one module


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The folder of a site with the lecture and the lab of one module."""
    made = subprocess.run(["make", "-o", "setup", ".cache/site/made"], cwd=ROOT, capture_output=True, text=True)
    if made.returncode:
        pytest.skip(f"pip could not make the site's environment: {made.stderr[-300:]}")
    place = tmp_path_factory.mktemp("site")
    site.build(place, "smoke", [MODULE])
    return place / "html"


@pytest.mark.slow
def test_every_link_leads_somewhere_and_nothing_comes_from_elsewhere(built):
    assert audit.faults(built) == []
    assert (built / "_static" / "mathjax" / "tex-chtml.js").is_file()


@pytest.mark.slow
def test_no_page_has_an_answer(built):
    """Neither of a quiz, nor of the lab; in no text that is shown, and in none that the search finds."""
    lecture = (built / f"lectures/{MODULE.slug}.html").read_text("utf-8")
    for question in questions(MODULE.number).values():
        assert not any(why in lecture for _, why in question.choices)
    lab = (built / f"labs/{MODULE.slug}.html").read_text("utf-8")
    assert "NotImplementedError" in lab and "nearly the solution" not in lab


@pytest.fixture(scope="module")
def browser(built):
    """open(name of a page, width, scheme) -> the page, drawn; in the end, nobody was asked for anything."""
    asked = []
    with sync_playwright() as playwright:
        chrome = playwright.chromium.launch(executable_path=chromium(), args=[f"--{a}" for a in QUIET.split()])

        def open_page(name: str, width: int = 1280, scheme: str = "light"):
            page = chrome.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
            page.set_default_timeout(60 * SECONDS)
            page.on("request", lambda request: asked.append(request.url))
            page.goto((built / f"{name}.html").as_uri())
            page.evaluate("() => window.MathJax?.startup?.promise.then(() => true)")
            return page

        yield open_page
        chrome.close()
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []


@pytest.mark.slow
def test_formulas_are_set_and_an_explorer_and_a_quiz_work_by_keyboard_in_the_dark(browser):
    page = browser(f"lectures/{MODULE.slug}")
    expect(page.locator("mjx-container").first).to_be_visible()
    page.locator("button.theme-switch-button:visible").focus()
    page.keyboard.press("Enter")
    page.locator("button.theme-change-button[data-mode=dark]:visible").focus()
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")

    explorer = page.locator(".explorer").first
    slider, picture = explorer.get_by_role("slider"), explorer.locator("img:visible")
    before = picture.get_attribute("src")
    slider.focus()
    page.keyboard.press("End")
    expect(picture).not_to_have_attribute("src", before)
    page.wait_for_function("img => img.complete && img.naturalWidth", arg=picture.element_handle())

    name, question = next(iter(questions(MODULE.number).items()))
    form = page.locator(f'form.quiz[data-name="{name}"]')
    form.get_by_role("radio").nth(0).focus()
    page.keyboard.press("Space")
    for _ in range(question.right):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(form.get_by_role("status")).to_contain_text("Right")


AXE = "() => axe.run('main', {resultTypes: ['violations']}).then(found => found.violations)"


@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["index", f"lectures/{MODULE.slug}", f"labs/{MODULE.slug}"])
def test_axe_finds_nothing_serious(browser, name, scheme, width):
    page = browser(name, width, scheme)
    page.add_script_tag(path=AXE_FILE_PATH)
    found = page.evaluate(AXE)
    page.close()
    serious = {v["id"]: [n["html"][:200] for n in v["nodes"]] for v in found if v["impact"] in ("serious", "critical")}
    assert serious == {}, json.dumps(serious, indent=1)
