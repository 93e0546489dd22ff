"""Every figure has a description, explorers stay small and separate, and nothing needs a screen or a network."""

import base64
import io
import json
import os
import re
import subprocess
import sys
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
from llmcourse import course, figures, html, verdicts
from llmcourse.figures import draw, page, question, style
from llmcourse.verdicts import together, verdict
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]


class Page(HTMLParser):
    """Every element of a piece as (tag, attributes)."""

    def __init__(self, piece):
        super().__init__()
        self.elements = []
        self.feed(piece._repr_html_())

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def all(self, tag):
        return [attrs for name, attrs in self.elements if name == tag]


def picture(image):
    kind, _, data = image["src"].partition(",")
    assert kind == "data:image/png;base64"
    return Image.open(io.BytesIO(base64.b64decode(data)))


@pytest.fixture
def shown(monkeypatch):
    """What `figure` and `show_source` have shown."""
    pieces = []
    for module in (figures.draw, figures.source):
        monkeypatch.setattr(module, "show", pieces.append)
    return pieces


def wave(ax, frequency):
    x = np.linspace(0, 6, 200)
    ax.plot(x, np.sin(frequency * x))


def test_figure_shows_one_sharp_picture_with_its_words(shown):
    with figures.figure(alt='A "wave" < 1.', width=4, height=2) as ax:
        wave(ax, 1.0)
    (image,) = Page(shown[0]).all("img")
    assert image["alt"] == 'A "wave" < 1.' == repr(shown[0])
    assert image["width"] == "384" and picture(image).size == (768, 384)


DRAW = """\
import matplotlib.pyplot as plt
from llmcourse import figures
with figures.figure(alt="Words.") as ax:
    ax.set_title("$x_1$")
plt.figure().savefig("own.png")
print(plt.rcParams["text.usetex"], plt.rcParams["lines.linewidth"] == figures.style.RC["lines.linewidth"])
"""


def test_a_readers_settings_of_matplotlib_do_not_reach_the_course(tmp_path):
    """For example usetex, where there is no LaTeX, or a font that is not there."""
    (tmp_path / "matplotlibrc").write_text("text.usetex: True\nfont.family: no such font\nlines.linewidth: 30\n")
    env = os.environ | {"MATPLOTLIBRC": str(tmp_path), "PATH": "/nowhere"}
    script = [sys.executable, "-c", DRAW]
    done = subprocess.run(script, capture_output=True, text=True, env=env, cwd=tmp_path)
    assert done.returncode == 0 and "False True" in done.stdout, done.stderr
    assert "no such font" not in done.stderr


@pytest.mark.parametrize("alt", ["", "  ", None, 3])
def test_figure_without_words_is_refused_before_anything_is_drawn(alt, shown):
    with pytest.raises(ValueError, match="description in words"), figures.figure(alt=alt):
        pytest.fail("the block must not run")
    assert not shown


def test_figure_whose_drawing_fails_is_not_shown(shown):
    with pytest.raises(ZeroDivisionError), figures.figure(alt="A wave.") as ax:
        wave(ax, 1 / 0)
    assert not shown


def test_several_axes(shown):
    with figures.figure(alt="Two waves.", columns=2) as axes:
        assert axes.shape == (2,)
    with figures.figure(alt="Four waves.", columns=2, rows=2) as axes:
        assert axes.shape == (2, 2)


def test_no_figure_stays_open(shown):
    with figures.figure(alt="A wave.") as ax:
        wave(ax, 1.0)
    figures.explore(wave, [1, 2], label="frequency", alt="A wave.")
    assert plt.get_fignums() == []


def test_explorer_shows_the_first_picture_without_a_script():
    found = Page(figures.explore(wave, [0.5, 1.0, 2.0], label="frequency", alt=lambda f: f"A wave of {f}."))
    assert [f["style"] for f in found.all("figure")] == ["display:block", "display:none", "display:none"]
    assert ["hidden" in f for f in found.all("figure")] == [False, True, True], "for pages that drop styles"
    assert [i["alt"] for i in found.all("img")] == ["A wave of 0.5.", "A wave of 1.0.", "A wave of 2.0."]
    assert [f["data-value"] for f in found.all("figure")] == ["0.5", "1", "2"]
    sizes = {picture(i).size for i in found.all("img")}
    assert len(sizes) == 1, "pictures of different sizes would jump under the slider"


def test_an_explorer_begins_where_it_is_told_and_has_a_name():
    piece = figures.explore(wave, [0.5, 1.0, 2.0], label="frequency", alt=lambda f: f"A wave of {f}.", start=1.0)
    found = Page(piece)
    assert ["hidden" in f for f in found.all("figure")] == [True, False, True] and "A wave of 1.0." in repr(piece)
    (slider,) = found.all("input")
    assert (slider["value"], slider["aria-valuetext"]) == ("1", "1. A wave of 1.0.")
    assert {"role": "group", "aria-label": "frequency"}.items() <= found.all("div")[1].items()
    assert [b["aria-label"] for b in found.all("button")] == ["previous picture", "next picture", "play"]
    with pytest.raises(ValueError, match="start at 3, which is none"):
        figures.explore(wave, [1, 2], label="frequency", alt="A wave.", start=3)


def test_explorers_do_not_collide():
    """No element has an id and nothing is a script, so the handlers can find only what is around them."""
    found = Page(figures.explore(wave, [1, 2], label="frequency", alt="A wave."))
    assert not any("id" in attrs for _, attrs in found.elements)
    assert not found.all("script")
    for control in found.all("input") + found.all("button"):
        assert control["data-lm-suppress-shortcuts"] == "true"
        assert "document." not in control.get("oninput", "") + control.get("onclick", "")


def test_one_text_for_all_pictures_gets_the_value_added():
    found = Page(figures.explore(wave, [1, 2], label="frequency", alt="A wave."))
    assert [i["alt"] for i in found.all("img")] == ["A wave. frequency: 1.", "A wave. frequency: 2."]


@pytest.mark.parametrize("values", [[], [1], list(range(26))])
def test_explorer_refuses_too_few_and_too_many_values(values):
    with pytest.raises(ValueError, match=f"2 to 25 values, not {len(values)}"):
        figures.explore(wave, values, label="frequency", alt="A wave.")


def test_explorer_refuses_pictures_that_weigh_too_much():
    noise = np.random.default_rng(0).random((3, 600, 600))
    with pytest.raises(ValueError, match=r"take \d\.\d MB"):
        figures.explore(lambda ax, i: ax.imshow(noise[i]), [0, 1, 2], label="n", alt="Noise.", height=7)


def test_lines_differ_without_colour(shown):
    """Line style and marker change with the colour, and dense lines carry few markers."""
    with figures.figure(alt="Six waves.") as ax:
        for i in range(6):
            wave(ax, i)
        lines = ax.lines
    assert len({(line.get_marker(), str(line._dash_pattern)) for line in lines}) == 6
    assert all(line.get_markevery() for line in lines)


def test_points_without_a_line_are_all_drawn(shown):
    with figures.figure(alt="Points.") as ax:
        ax.plot(np.arange(100), np.arange(100), "o")
    assert ax.lines[0].get_markevery() is None


def luminance(colour):
    """Relative luminance according to WCAG 2."""
    c = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in c]
    return float(np.dot([0.2126, 0.7152, 0.0722], linear))


def test_colours_stand_out_from_white_and_the_first_three_read_in_grey():
    assert all(1.05 / (luminance(c) + 0.05) >= 2.9 for c in figures.COLOURS)
    assert all(1.05 / (luminance(style.legible(c)) + 0.05) >= 4.5 for c in figures.COLOURS)
    assert style.legible("#222222") == "#222222"
    first = sorted(116 * luminance(c) ** (1 / 3) - 16 for c in figures.COLOURS[:3])
    assert min(np.diff(first)) > 8


def test_labels_at_the_line_ends_do_not_overlap(shown):
    with figures.figure(alt="Three lines end together.") as ax:
        for i in range(3):
            ax.plot([0, 1], [0, 1 + i / 1000], label=f"line {i}")
        figures.label_lines(ax)
        heights = sorted(t.get_position()[1] for t in ax.texts)
    assert [t.get_text() for t in ax.texts] == ["line 0", "line 1", "line 2"]
    assert min(np.diff(heights)) > 8


@pytest.mark.parametrize(
    ("heights", "places"),
    [([], []), ([5], [5]), ([0, 20], [0, 20]), ([0, 0], [-5, 5]), ([0, 2, 50], [-4, 6, 50]), ([0, 0, 6], [-8, 2, 12])],
)  # fmt: skip
def test_labels_are_spread_around_their_mean(heights, places):
    assert draw.spread(heights, 10) == pytest.approx(places, abs=0.01)


@pytest.mark.parametrize("end", [1e6, -1e6, 0.5])
def test_the_label_of_a_line_that_leaves_the_axes_stays_at_their_edge(shown, end):
    with figures.figure(alt="A line that leaves the axes.") as ax:
        ax.plot([0, 1], [0, end], label="far")
        ax.set(ylim=(0, 1))
        figures.label_lines(ax)
        assert ax.texts[0].xy[1] == np.clip(end, 0, 1)
        assert abs(ax.texts[0].get_position()[1]) < 50


def test_table_escapes_texts_and_sets_code_and_numbers():
    piece = figures.table([("a < b", 2.0), ("`x`", 1 / 3)], ["what", "number"], "A caption")
    assert "a &lt; b" in piece.html and "<code>x</code>" in piece.html
    assert '<td class="n">0.3333</td>' in piece.html and "<caption>A caption</caption>" in piece.html
    assert "0.3333" in repr(piece) and "<" not in repr(piece).replace("a < b", "")


def test_table_says_which_row_does_not_fit():
    with pytest.raises(ValueError, match="1 cells under a header of 2"):
        figures.table([(1,)], ["a", "b"])


def test_a_column_without_a_name_is_refused():
    with pytest.raises(ValueError, match="has no name"):
        figures.table([("a", 1)], ["", "number"])


def test_links_stand_in_tables():
    piece = figures.table([(figures.link("lab", "../work/lab.ipynb"),)], ["where"])
    assert [a["href"] for a in Page(piece).all("a")] == ["../work/lab.ipynb"]


def test_texts_in_the_colour_of_a_line_can_be_read(shown):
    with figures.figure(alt="A line with a label.") as ax:
        ax.plot([0, 1], [0, 1], label="line", color=figures.COLOURS[1])
        figures.label_lines(ax)
        ax.text(0, 0, "text", color=figures.COLOURS[3])
        ax.text(0, 0, "white on a dark picture", color="white")
    assert [style.contrast(text.get_color()) >= 4.5 for text in ax.texts] == [True, True, False]


def test_claims_say_their_verdict_in_words():
    up = verdicts.Estimate(0.3, 0.1, 0.5, 8)
    yes, no, unclear = (verdict(up, over=0), verdict(up, under=0), verdict(up, over=0.2))
    piece = figures.claims(
        [
            figures.Claim("It is fast.", f"{up}", yes),
            figures.Claim("It is free.", "1.2 ± 0.1", no, why="the state is small"),
            figures.Claim("It is both.", "1.2 ± 0.1", together(fast=yes, free=no)),
            figures.Claim("It is liked.", "1.2 ± 0.1", unclear),
        ]
    )
    for text in ("✓ reproduced", "✗ not here", "the state is small", "n = 8", "free: not here", "? inconclusive"):
        assert text in piece.html and text in repr(piece)
    with pytest.raises(ValueError, match="not written by hand"):
        figures.Claim("It is fast.", "3.0", "reproduced")


def replies(piece):
    return [json.loads(base64.b64decode(i["data-reply"])) for i in Page(piece).all("input")]


def test_a_question_explains_every_choice_and_shows_no_answer():
    piece = figures.quiz("08-brackets")
    page = Page(piece)
    assert [i["type"] for i in page.all("input")] == ["radio"] * 3 and len({i["name"] for i in page.all("input")}) == 1
    assert [right for right, _ in replies(piece)] == [False, True, False]
    assert all(("✓ Right." if right else "✗ No.") in said and len(said) > 60 for right, said in replies(piece))
    for secret in ("Right.", "No.", "Entry by entry"):
        assert secret not in piece._repr_html_() and secret not in repr(piece)
    assert "To try this, run this cell" in piece.html


@pytest.mark.parametrize("name", ["08-bracket", "99-x", "brackets", ""])
def test_an_unknown_question_is_refused_with_those_that_there_are(name):
    with pytest.raises(ValueError, match="There is no question"):
        figures.quiz(name)


@pytest.mark.parametrize(
    "fields",
    [
        {"right": 0, "choices": [["a", "b"]]},
        {"right": 2, "choices": [["a", "b"], ["c", "d"]]},
        {"right": -1, "choices": [["a", "b"], ["c", "d"]]},
        {"right": 0, "choices": [["a", ""], ["c", "d"]]},
    ],
)
def test_a_question_must_be_complete(fields):
    with pytest.raises(ValueError, match="'08-x' needs two choices at least"):
        question._question("08-x", question="Why?", **fields)


@pytest.mark.parametrize("module", course.MODULES, ids=lambda m: m.slug)
def test_the_questions_of_a_lecture_are_those_that_it_asks(module):
    source = ROOT / module.sources["lecture"]
    asked = re.findall(r'^quiz\("([^"]+)"\)', source.read_text("utf-8"), re.M) if source.is_file() else []
    assert asked == list(question.questions(module.number)) and all(n.startswith(f"{module.number:02}-") for n in asked)
    assert len(asked) >= 3 or not module.written
    for name in asked:
        assert "$" not in str(question.questions(module.number)[name]), "formulas are not set in a reply"


def test_source_that_an_exercise_asks_for_is_closed(shown):
    figures.show_source(html.code, after="exercise 2")
    (one,) = shown
    assert "<details><summary" in one.html and "After exercise 2" in one.html and "<pre" in one.html
    assert "def code" not in repr(one)


def test_show_source_shows_the_file_as_it_is(shown):
    figures.show_source(html.code)
    assert repr(shown[0]).startswith("# llmcourse/html.py, lines ")
    text = re.sub(r"<[^>]+>", "", shown[0].html)
    assert "def code(plain: object) -&gt; Html:" in text
    with pytest.raises(ValueError, match="no Python source"):
        figures.show_source(len)


def test_show_source_names_the_file_of_a_decorated_function(shown):
    figures.show_source(decorated)
    assert "test_figures.py" in repr(shown[0]) and "contextlib" not in repr(shown[0])


@contextmanager
def decorated():
    yield


def test_the_style_sheet_is_one_line_with_both_themes():
    sheet = page.sheet()
    assert "\n" not in sheet and "/*" not in sheet
    assert "data-jp-theme-light=false" in sheet and "html[theme=dark]" in sheet and len(sheet) < 4000
