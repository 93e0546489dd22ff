"""python -m grading site [--smoke] [MODULE ...]: the course as a static site, in build/site.

    executed   lectures with their outputs, kept in .cache/executed; what is missing is run
    lessons    the pages of lectures and labs
    summaries  what to remember, a page to print for each module
    lists      start page, slides, glossary, records, benchmark tables
    shrink     pictures of outputs as small files, the style sheet once for all
    links      links of the course's folder -> links of the site
    sections   which section of a lecture is about a subject
    reference  the library's docstrings, which are read and not imported: Sphinx's environment needs no torch
    audit      what is wrong with a built site: dead links, addresses of others, large pages

They write the sources of a Sphinx project, which Sphinx builds with its own environment (.cache/site, made by `make
site` from sphinx/requirements.txt); search, contents, dark mode and phone layout are the theme's.

This is a package of `authoring`, since like `notebooks` and `release` it makes something from what authors write, and
nothing imports it. Without --smoke, lectures are shown at full size. Named modules are built alone, for a look.
"""

import os
import shutil
import subprocess
import sys
from argparse import Namespace
from pathlib import Path

from llmcourse import course

from ...paths import ROOT
from . import audit, lessons, links, lists

TOOLS = Path(__file__).parent / "sphinx"
ENVIRONMENT = ROOT / ".cache" / "site"
BUILT = ROOT / "build" / "site"


def run(options: Namespace) -> int:
    chosen = [course.module(int(key) if key.isdigit() else key) for key in options.modules]
    try:
        build(BUILT, "smoke" if options.smoke else "full", chosen or course.MODULES)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"The site was not built: {error}", file=sys.stderr)
        return 1
    faults = audit.faults(BUILT / "html")
    print(*faults, sep="\n", end="\n" if faults else "", file=sys.stderr)
    print(f"The site is in {os.path.relpath(BUILT / 'html')}: open index.html there.")
    return int(bool(faults))


def build(place: Path, tier: str, modules=course.MODULES, root: Path = ROOT, env: Path = ENVIRONMENT) -> None:
    """Write the sources into place/source and the site into place/html.

    Raises CalledProcessError if Sphinx finds a fault: a warning is one.
    """
    source = place / "source"
    shutil.rmtree(place, ignore_errors=True)
    source.mkdir(parents=True)
    there = [module for module in modules if module.built(root)]
    shown = links.pages(there, root)
    for module in there:
        lessons.write(module, shown, tier, source, root)
    lists.write(there, shown, source, root)
    shutil.copy(TOOLS / "conf.py", source)
    for name in ("site.css", "site.js"):
        shutil.copy(TOOLS / name, source / "_static")
    command = [env / "bin" / "python", "-m", "sphinx", "-q", "-W", "--keep-going", "-j", "auto", source, place / "html"]
    subprocess.run(command, check=True, env=os.environ | {"PYTHONPATH": ""})
