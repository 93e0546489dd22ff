"""Submissions as they really arrive, by accident or ill will. No kernel is started here."""

import base64
import time
import zipfile

import nbformat
import pytest
from llmcourse.checks import lab as find_lab
from llmcourse.html import escape
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from grading import grade
from grading.exercises import solutions
from grading.intake import files, sanitise
from grading.intake.repair import repair
from grading.paths import released
from grading.reporting import class_report, feedback, marks
from grading.running import session

SLUG = "08_linear_attention"
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


@pytest.fixture
def lab():
    return nbformat.read(released(SLUG), 4)


def cell(notebook, grade_id):
    return next(c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == grade_id)


def again(lab):
    """Another copy of the lab, to rebuild a submission on."""
    return nbformat.from_dict(nbformat.read(released(SLUG), 4))


@pytest.fixture
def inbox(tmp_path, monkeypatch):
    """An empty folder for what students submit."""
    monkeypatch.setenv("LLMCOURSE_GRADING", str(tmp_path))
    (tmp_path / "submitted" / "kim").mkdir(parents=True)
    return tmp_path / "submitted"


def packed(path, name=f"{SLUG}/lab.ipynb", data=None):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, released(SLUG).read_bytes() if data is None else data)


def test_zips_are_unpacked_by_either_name(inbox):
    packed(inbox / "ada.zip")
    packed(inbox / "kim" / f"{SLUG}.zip")
    assert grade.unpack(inbox).refused == {}
    for student in ("ada", "kim"):
        assert (inbox / student / SLUG / "lab.ipynb").read_bytes() == released(SLUG).read_bytes()


def test_bad_zips_are_refused_and_the_others_go_on(inbox, monkeypatch):
    packed(inbox / "dots.zip", name=f"../../{SLUG}/lab.ipynb")
    monkeypatch.setattr(files, "MOST", 1_000_000)
    packed(inbox / "large.zip", data=b"0" * 1_000_001)
    packed(inbox / "cut.zip")
    packed(inbox / "flipped.zip")
    packed(inbox / "whole.zip")
    (inbox / "cut.zip").write_bytes((inbox / "cut.zip").read_bytes()[:500])
    bits = bytearray((inbox / "flipped.zip").read_bytes())
    bits[200:400] = b"\xff" * 200
    (inbox / "flipped.zip").write_bytes(bits)
    refused = grade.unpack(inbox).refused
    assert set(refused) == {"dots.zip", "cut.zip", *(f"{who}.zip/{SLUG}/lab.ipynb" for who in ("large", "flipped"))}
    assert all(refused.values())
    assert sorted(inbox.rglob("lab.ipynb")) == [inbox / "whole" / SLUG / "lab.ipynb"]
    assert not list(inbox.parent.parent.glob(f"{SLUG}*"))


def test_answers_merged_into_one_cell_are_not_replaced_by_stubs(lab):
    cell(
        lab, "quadratic-map"
    ).source = "def quadratic_map(x):\n    return x\n\n\ndef decode_step(q, k, v, S, u):\n    return 1"
    lab.cells.remove(cell(lab, "decode-step"))
    rebuilt = repair(lab, again(lab))
    assert "NotImplementedError" not in cell(rebuilt, "decode-step").source
    assert rebuilt.metadata.llmcourse["repaired"] == ["The answer `decode_step` was found in the 7th cell and graded."]


def test_deleted_answer_comes_back_as_stub(lab):
    lab.cells.remove(cell(lab, "decode-step"))
    assert "NotImplementedError" in cell(repair(lab, again(lab)), "decode-step").source


def test_pasted_pictures_stay_and_nothing_else(lab):
    files = {"p.png": {"image/png": PNG}, "s.svg": {"image/svg+xml": "<svg onload=alert(1)>"}, "odd": 3}
    lab.cells.append(new_markdown_cell("![curve](attachment:p.png)"))
    lab.cells[-1].attachments = files
    assert repair(lab, again(lab)).cells[-1].attachments == {"p.png": {"image/png": PNG}}


def test_page_with_a_lost_picture_still_opens():
    page = sanitise.markdown({"cell": {"attachments": {}}}, "before ![curve](attachment:lost.png) after")
    assert "before" in page and 'alt="curve"' in page and "after" in page


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "<svg onload=alert(1)>",
        '<a href="data:text/html,<script>alert(1)</script>">x</a>',
        '<div class="llmc" style="position:fixed">all checks pass</div>',
        "<iframe src=//example.org></iframe>",
        "<style>body{display:none}</style>",
    ],
)
def test_markdown_holds_no_script_and_no_forged_card(text):
    page = sanitise.markdown({}, f"kept **text** {text}")
    assert "<strong>text</strong>" in page
    for bad in ("<script", "onerror", "javascript:", "onload", "data:text", "llmc", "style", "<iframe", "<svg"):
        assert bad not in page


@pytest.mark.parametrize(
    "text",
    ["a list<int> and", "a dict<K, V> and", "a <style> and", "a <SCRIPT src=x> and", "x<y and", "<math><mi> and"],
)
def test_no_words_are_lost_after_what_looks_like_a_tag(text):
    page = sanitise.markdown({}, f"before {text} **after**\n\nthe next paragraph")
    assert "before" in page and "and <strong>after</strong>" in page and "the next paragraph" in page


def test_links_pictures_and_highlighted_code_stay():
    links = "[a](lectures/01.ipynb) [b](#part) [c](https://example.org/?d=1&e=2) [d](mailto:a@example.org)"
    page = sanitise.markdown({}, f'{links} <img alt="p" src="data:image/png;base64,{PNG}">\n\n```python\nx = 1\n```')
    for kept in ('"lectures/01.ipynb"', '"#part"', '"https://example.org/?d=1&amp;e=2"', '"mailto:a@example.org"'):
        assert f"href={kept}" in page
    assert (
        f'src="data:image/png;base64,{PNG}"' in page and '<div class="highlight' in page and '<span class="n">' in page
    )


@pytest.mark.parametrize("src", ["https://example.org/p.png", "data:image/svg+xml;base64,AAAA", " data:text/html,x"])
def test_pictures_from_elsewhere_do_not(src):
    assert "src" not in sanitise.markdown({}, f'<img alt="p" src="{src}">')


@pytest.mark.parametrize("text", ["<script " * 50_000, "<style>" * 50_000, "<int " * 50_000, "<x>" * 50_000])
def test_a_flood_of_tags_takes_no_time(text):
    start = time.monotonic()
    sanitise._closed(sanitise.UNKNOWN.sub("", text), "script", "style")
    assert time.monotonic() - start < 2


def test_strange_cells_are_put_up_with(lab):
    raw = nbformat.from_dict(lab)
    raw.cells += [{"cell_type": "code"}, {"cell_type": "raw", "source": ["a", 1], "metadata": "x"}, "no cell", None]
    raw.cells[3]["metadata"] = {"nbgrader": "hello", "tags": {"a": 1}}
    raw.cells[4]["metadata"] = {"nbgrader": {"grade_id": ["a"], "points": 1e9}}
    rebuilt = repair(raw, again(lab))
    nbformat.validate(rebuilt)
    assert cell(rebuilt, "decode-step-check").metadata.nbgrader.points == 3


def test_locked_cells_are_the_labs_again(lab):
    check = cell(lab, "decode-step-check")
    check.source, check.metadata.nbgrader.points = "pass", 100
    rebuilt = repair(lab, again(lab))
    assert cell(rebuilt, "decode-step-check") == cell(again(lab), "decode-step-check")
    restored = "These cells of the lab were edited and have been restored: decode-step-check."
    assert restored in rebuilt.metadata.llmcourse["repaired"]


def test_free_code_before_the_open_task_loses_its_outputs(lab):
    shown = new_output("stream", text="10 of 10 points")
    lab.cells.insert(3, new_code_cell("print('10 of 10 points')", outputs=[shown]))
    assert not any("10 of 10" in str(c.get("outputs")) for c in repair(lab, again(lab)).cells)


def test_only_what_uses_a_slow_answer_is_left_out():
    for used in ("seconds(linear_attention, q)", "x = linear_attention(q, k, v)"):
        assert session._uses(used, "linear_attention")
    for other in (
        "def linear_attention(q, k, v):\n    return v",
        "def causal_linear_attention(q):\n    return q",
        "import llmcourse.checks.labs.linear_attention",
    ):
        assert not session._uses(other, "linear_attention")


def test_figures_keep_picture_words_and_width_and_nothing_else():
    page = f'<figure onclick="x()"><img alt="a curve" width="504" src="data:image/png;base64,{PNG}"></figure>'
    shown = {"output_type": "display_data", "data": {"text/html": page, "text/plain": "a curve"}, "metadata": {"a": 1}}
    (kept,) = sanitise.outputs([shown])
    assert kept.data == {"text/plain": "a curve", "image/png": PNG}
    assert kept.metadata == {"image/png": {"alt": "a curve", "width": 504}}


def test_untouched_labs_say_nothing_about_the_exercises():
    lab = find_lab(SLUG)

    def mark(student, share, answer):
        points = {e.name: share * e.points for e in lab.exercises}
        answers = {e.name: answer or solutions.stub(lab, e.name) for e in lab.exercises}
        return marks.Mark(student, "", "", points, None, {}, answers, (), (), "", 1.0)

    class_ = [mark(f"full-{n}", 1, "x = 1") for n in range(12)]
    alone = class_report.discrimination(lab, class_)
    assert class_report.discrimination(lab, [*class_, mark("untouched", 0, "")]) == alone
    assert class_report.discrimination(lab, [*class_, mark("wrong", 0, "x = 2")]) != alone
    assert "unknown: there are" in class_report.discrimination(lab, [mark("untouched", 0, "")])


def test_a_misconception_by_the_name_of_an_earlier_version_is_counted():
    lab = find_lab(SLUG)
    points = {exercise.name: 0 for exercise in lab.exercises}
    earlier = {"linear-brackets": "brackets_without_normaliser"}
    now = {"linear-brackets": "without_normaliser"}
    class_ = [
        marks.Mark(str(n), "", "", points, None, mistakes, points, (), (), "", 1.0)
        for n, mistakes in enumerate([earlier, now])
    ]
    page = class_report.misconceptions(lab, class_)
    assert "brackets_without_normaliser" in page and "the answer without the normaliser" in page


# --- Markdown that no parser likes, and pages that can't be made


@pytest.mark.parametrize("text", ["<script " * 20_000, "<b>", "a" * 20_001], ids=lambda text: text[:8])
def test_text_that_cannot_be_set_is_shown_as_it_was_typed(text, monkeypatch):
    if text == "<b>":  # whatever a parser may raise
        monkeypatch.setattr(sanitise, "_set", lambda *_: [][0])
    page = sanitise.markdown({}, text)
    assert page == f"<p><em>{sanitise.TYPED}</em></p><pre>{escape(text)}</pre>"


def test_no_other_filter_of_the_page_is_slow():
    """nbconvert hands the text of a cell to further filters before ours."""
    start = time.process_time()
    filters = feedback.exporter().environment.filters
    assert filters["strip_files_prefix"]("[" * 50_000) == "[" * 50_000
    assert time.process_time() - start < 10


def test_a_page_sets_only_so_much_text():
    page, text = {"resources": {}}, "*a* " * 4_000
    shown = [sanitise.TYPED in sanitise.markdown(page, text) for _ in range(6)]
    assert shown == [False] * 3 + [True] * 3


@pytest.mark.parametrize("size, kept", [((2_000, 1_500), True), ((50_000, 50_000), False), ((0, 9), False)])
def test_pictures_that_few_bytes_make_enormous_are_left_out(size, kept):
    data = base64.b64decode(PNG)
    large = base64.b64encode(data[:16] + b"".join(n.to_bytes(4, "big") for n in size) + data[24:]).decode()
    output = {"output_type": "display_data", "data": {"image/png": large, "text/plain": "words"}}
    assert ("image/png" in sanitise.outputs([output])[0].data) == kept
    assert ("src" in sanitise.markdown({}, f'<img alt="p" src="data:image/png;base64,{large}">')) == kept


def test_pictures_in_html_are_found_in_linear_time():
    begun = '<img alt="a" src="data:image/png;base64,'
    html = begun * 1_000 + "A" * 1_400_000
    start = time.process_time()
    assert sanitise.outputs([{"output_type": "display_data", "data": {"text/html": html}}]) == []
    assert time.process_time() - start < 1


def test_a_page_that_cannot_be_made_is_replaced_by_a_plain_one(lab):
    name = "decode-step"
    check = cell(lab, f"{name}-check")
    card = new_output("display_data", data={"text/html": '<div class="llmc">the card</div>', "text/plain": "card"})
    check.outputs = [card, new_output("execute_result", data={"text/plain": "1"})]
    lab.cells.append(new_markdown_cell("what the student wrote"))
    said = {"cells": {f"{name}-check": {"score": 1.0, "points": 3.0, "comment": "<b>See me.</b>"}}}
    said |= {"score": 0.5, "max_score": 25.0, "late_penalty": 0.5}
    text = nbformat.writes(lab)
    page = feedback.plain(text, said, "It takes more than 30 seconds to read.")
    assert "0.5 of 25 points" in page and "0.5 were taken off" in page and "It takes more than 30 seconds" in page
    assert '<div class="llmc">the card</div>' in page and "&lt;b&gt;See me." in page and "1 of 3" in page
    assert "what the student wrote" not in page and feedback.mark(text, said) in page
