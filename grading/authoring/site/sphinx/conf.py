"""How Sphinx builds the site; python -m grading site writes everything around this file."""

import importlib.util
from pathlib import Path

from sphinx.util.fileutil import copy_asset

project = "llmcourse"
html_title = "Language models, hands on"
language = "en"

extensions = ["myst_nb", "sphinx.ext.mathjax"]
exclude_patterns = ["extra", "_static", "_templates"]

# Notebooks arrive executed.
nb_execution_mode = "off"
nb_ipywidgets_js = {}
nb_output_stderr = "remove"
myst_enable_extensions = ["dollarmath", "amsmath", "colon_fence", "attrs_inline"]
myst_heading_anchors = 3
suppress_warnings = ["ref.python"]  # annotations name classes that several modules have
add_module_names = False
toc_object_entries_show_parents = "hide"

html_theme = "sphinx_book_theme"
html_static_path = ["_static"]
html_extra_path = ["extra"]
html_css_files = ["outputs.css", "site.css"]
html_js_files = ["site.js"]
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {
    "use_download_button": False,
    "use_fullscreen_button": False,
    "home_page_in_toc": True,
    "show_toc_level": 2,
    "show_navbar_depth": 1,
    "footer_content_items": ["extra-footer.html"],
    "search_bar_text": "Search the course",
    "extra_footer": (
        "Follows the lecture of Sergei Nikolenko, St Petersburg State University, 11 December 2025. "
        "Code: MIT. Texts and figures: CC BY 4.0."
    ),
}

MATHJAX = ("tex-chtml.js", "output/chtml/fonts", "input/tex/extensions")
mathjax_path = "mathjax/tex-chtml.js"
mathjax3_config = {"options": {"enableMenu": False}}


def bring_mathjax(app, error):
    """Copy the parts of MathJax that the pages need, with its fonts."""
    if error:
        return
    home = Path(importlib.util.find_spec("sphinx-mathjax-offline").origin).parent / "static" / "mathjax"
    for part in MATHJAX:
        target = Path(app.outdir) / "_static" / "mathjax" / part
        target.parent.mkdir(parents=True, exist_ok=True)
        copy_asset(home / part, target if (home / part).is_dir() else target.parent)


def setup(app):
    app.connect("build-finished", bring_mathjax)
