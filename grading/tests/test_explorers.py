"""Every explorer of every lecture, dragged from its first frame to its last in a real browser.

A lecture is run, and what its explorers show is opened as a plain page: their HTML is the same in JupyterLab, on Colab
and in a static page. `test_browser` drags one inside JupyterLab, where mouse and keys have other listeners as well.
"""

import re
import time

import jupytext
import pytest
from llmcourse import course
from playwright.sync_api import expect, sync_playwright

from grading.authoring import execution, notebooks, recorded, skeletons

from .test_browser import QUIET, chromium

pytestmark = pytest.mark.slow


def explorers(source) -> int:
    """How many a lecture shows: in its text, and by the pictures of its package."""
    package = next((module.lecture_package for module in course.MODULES if module.slug == source.stem), "")
    home = notebooks.ROOT / skeletons.folder(package) / "pictures.py"
    drawn = home.read_text() if home.is_file() else ""
    return len(re.findall(r"^(?:figures\.)?explore\(", source.read_text(), re.M)) + drawn.count("return explore(")


SOURCES = [path for path in notebooks.sources() if path.parent.name == "lectures" and explorers(path)]
LECTURES = [recorded.Notebook(path) for path in SOURCES]


@pytest.fixture
def page():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=[f"--{a}" for a in QUIET.split()])
        yield browser.new_page(viewport={"width": 900, "height": 900})
        browser.close()


def pages(source) -> str:
    """The explorers that a lecture shows, one below another."""
    notebook = jupytext.read(source, fmt="py:percent")
    execution.run(notebook, source.parent, "smoke")
    shown = [o.get("data", {}).get("text/html", "") for cell in notebook.cells for o in cell.get("outputs", [])]
    return "\n".join(html for html in shown if "explorer" in html)


@pytest.mark.parametrize("lecture", LECTURES, ids=lambda lecture: lecture.slug)
def test_every_explorer_follows_its_slider(lecture, request):
    config, draw = request.config, recorded.drawn(LECTURES, recorded.commit())
    if not recorded.is_due(lecture, "explorers", config.getoption("--notebooks"), draw):
        pytest.skip("recorded: they followed it, and nothing that they depend on has changed")
    fingerprint, start = lecture.fingerprint("explorers"), time.perf_counter()
    drag(request.getfixturevalue("page"), lecture.source)
    if config.getoption("--record"):
        lecture.note("explorers", fingerprint, time.perf_counter() - start)


def drag(page, source):
    """Drag each explorer from its first frame to its last; all must show, in order, each with its text."""
    page.set_content(pages(source))
    shown = page.locator(".explorer")
    assert shown.count() == explorers(source)
    for explorer in shown.all():
        slider, picture = explorer.get_by_role("slider"), explorer.locator("img:visible")
        slider.click(position={"x": 8, "y": 8})  # the page does not move from here on
        frames, seen = int(slider.get_attribute("max")) + 1, []
        box = slider.bounding_box()
        left, way, middle = box["x"] + 8, box["width"] - 16, box["y"] + box["height"] / 2  # the thumb is 16 px wide
        page.mouse.move(left, middle)
        page.mouse.down()
        for n in range(4 * frames):
            page.mouse.move(left + way * n / (4 * frames - 1), middle)
            expect(picture).to_have_count(1)
            if picture.get_attribute("src") not in [src for src, *_ in seen]:
                seen.append((picture.get_attribute("src"), picture.get_attribute("alt"), slider.input_value()))
        page.mouse.up()
        assert [value for *_, value in seen] == [str(n) for n in range(frames)]
        assert all(alt.strip() for _, alt, _ in seen)
