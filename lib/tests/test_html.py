"""Whatever text comes in comes out as text; HTML made by the course stays HTML."""

import subprocess
import sys

import pytest
from llmcourse import html
from llmcourse.html import Cell, Html


def test_everything_is_escaped_and_code_is_set_as_code():
    assert html.code("`a < b` & 'c'") == "<code>a &lt; b</code> &amp; &#x27;c&#x27;"
    assert html.escape('"><script>') == "&quot;&gt;&lt;script&gt;"
    assert html.code(Html("<b>x</b>")) == "<b>x</b>"
    assert html.code(3) == "3"


def test_a_table_escapes_values_and_aligns_numbers():
    page = html.table(["name", "`n`"], [("<i>", 2.0), ("b", 1 / 3)], "Two & two")
    assert page.count("<i>") == 0 and "&lt;i&gt;" in page and "<caption>Two &amp; two</caption>" in page
    assert '<th scope="col" class="n"><code>n</code></th>' in page and '<td class="n">0.3333</td>' in page


def test_a_cell_has_classes_and_style_of_its_own():
    page = html.table(["a", "b"], [(Cell("<1>", "n share", "--p:50%"), Html("<b>2</b>"))])
    assert '<td class="n share" style="--p:50%">&lt;1&gt;</td>' in page and "<td><b>2</b></td>" in page
    assert html.table(["empty"], []).count("<tr>") == 1


def test_jinja_knows_what_is_html_already():
    jinja2 = pytest.importorskip("jinja2")
    template = jinja2.Environment(autoescape=True).from_string("{{ a }} {{ b }}")
    assert template.render(a=Html("<b>"), b="<b>") == "<b> &lt;b&gt;"


def test_both_themes_name_the_same_colours():
    assert html.LIGHT.keys() == html.DARK.keys()
    for css in (html.theme(".x"), html.theme_of_page()):
        assert css.count("--ink:") == 2


def test_a_sheet_is_one_line_without_comments():
    assert html.sheet("a {\n  b: c; /* why */\n}\n") == "<style>a{b: c;}</style>"
    assert "\n" not in html.sheet(html.base())


def test_show_prints_where_there_is_no_notebook(capsys):
    html.show("a piece")
    assert capsys.readouterr().out == "a piece\n"


def test_it_needs_no_package():
    script = (
        "import sys; before = set(sys.modules); import llmcourse.html; print([m for m in set(sys.modules) - before "
    )
    script += "if m.split('.')[0] not in {*sys.stdlib_module_names, 'llmcourse'}])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
