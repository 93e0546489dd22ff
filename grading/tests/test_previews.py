"""Every lecture shows a picture before anything is run: one of its own, with its words, and not too large."""

import base64
import io
import json

import nbformat
import pytest
from llmcourse import course
from PIL import Image

from grading.authoring import previews
from grading.paths import ROOT

WRITTEN = [module for module in course.MODULES if module.built(ROOT)]


@pytest.mark.parametrize("module", WRITTEN, ids=lambda module: module.slug)
def test_a_lecture_has_its_picture_and_shows_it(module):
    picture = ROOT / previews.PLACE / f"{module.slug}.webp"
    assert picture.stat().st_size <= previews.BYTES
    with Image.open(picture) as image:
        assert max(image.size) <= previews.WIDTH and image.format == "WEBP"
    source = (ROOT / module.sources["lecture"]).read_text("utf-8")
    assert f"](pictures/{module.slug}.webp)" in source and f'"{previews.PICTURED}"' in source
    assert len(json.loads((ROOT / previews.PLACE / previews.WORDS).read_text("utf-8"))[module.slug]) > 20


def executed(html, tags=("pictured",)):
    cell = nbformat.v4.new_code_cell("draw()", metadata={"tags": [*tags]})
    cell.outputs = [nbformat.v4.new_output("display_data", {"text/html": html})]
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1"), cell])


def png(width, height):
    data = io.BytesIO()
    Image.effect_mandelbrot((width, height), (-2, -1, 1, 1), 50).convert("RGBA").save(data, "png")
    return base64.b64encode(data.getvalue()).decode()


def test_a_picture_is_kept_with_its_words(tmp_path):
    other = f'<figure hidden style="display:none"><img src="data:image/png;base64,{png(9, 9)}" alt="Another."></figure>'
    html = f'<div>{other}<img class="x" src="data:image/png;base64,{png(3000, 600)}" alt="A &lt; B."></div>'
    previews.keep(executed(html), "08_x", tmp_path)
    file = tmp_path / previews.PLACE / "08_x.webp"
    with Image.open(file) as image:
        assert image.size == (previews.WIDTH, previews.WIDTH // 5)
    assert file.stat().st_size <= previews.BYTES
    assert previews.shown("08_x", tmp_path).startswith("![A < B.](pictures/08_x.webp)\n\n*A preview")
    assert previews.shown("09_y", tmp_path) == ""


def test_a_cell_that_draws_nothing_is_a_fault(tmp_path):
    with pytest.raises(ValueError, match="shows no picture"):
        previews.keep(executed("<p>no</p>"), "08_x", tmp_path)
    previews.keep(executed("<p>no</p>", tags=()), "08_x", tmp_path)
    assert previews.shown("08_x", tmp_path) == ""
