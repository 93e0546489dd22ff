"""The pages that list something: start page, slides, glossary, records, tables of benchmarks."""

import ast
import inspect
import json
import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from llmcourse import course, records
from llmcourse.course import Module

from .. import course_map
from . import links, reference, sections, shrink, summaries

START = """\
# Language models, hands on

How does one teach a language model what people want, let it read a whole book, and keep it from making things up?
This course answers with code that you can read, run and change: how to **adapt** a model, how to **extend** the text
that it can read, and how to let it **retrieve** what it does not know. Each module is a lecture that you run and a lab
that you complete; a check under each exercise says at once what is right, and often which mistake was made.

Read the lectures here, with their results as they were computed. To change something, and to do the labs, you need
the course on your computer, where nothing needs the network once it is installed:

```bash
make lab
```

in a clone of the course sets everything up, and opens it in JupyterLab.

{map}

## What is on a page

- **Figures with a slider** move: drag it, or click it and use the arrow keys. They were drawn in advance.
- **Questions** are for you: no answer is sent anywhere, and your last choice stays in this browser.
- **Claims** of papers are put to the test in miniature. The verdict, *reproduced*, *partly*, *not here* or
  *inconclusive*, follows from an interval over seeds, and from bounds that stood there before the run.
- What takes longer than a lecture is a **record**: [all records](records/index.md), and
  [how fast the library is](benchmarks/index.md).

To print, there is a page for each module with its formulas and [what to remember](remember/index.md).

## Where it comes from

The modules follow one deck of slides, in its order: Sergei Nikolenko's lecture of 11 December 2025 at St Petersburg
State University, in Russian. [Where the slides are taught](slides.md) says which section teaches what; a
[glossary](glossary.md) has the words. Texts, code, figures and experiments here are our own, and so are the mistakes.
"""

HEADER = ("no.", "module", "what it teaches", "lecture", "lab")
RECORDS = """\
# Records

What takes too long for a lecture was run once, by one command, and is kept with a note of how it was made.
The lecture runs a shortened version and shows the record next to it.

"""
TABLES = """\
# Benchmarks

How fast the library is, and next to whose code, as measured on the machine that each table names.

"""
REFERENCE = """\
# Reference

What the library teaches, by package: topics in the order of the course, then what they share. `show_source` shows the
code in a lecture; the first lines of each module list its letters and the paper that it follows.

"""
SLIDES = """\
# Where the slides are taught

The deck is in Russian: Sergei Nikolenko's lecture of 11 December 2025 at St Petersburg State University. Its headings
are in the first column, in its order. Links lead to a section about the subject, which is found by its words.

"""
GLOSSARY = """\
# Glossary

Words of the slides, and what the course calls them.

"""


def write(there: Sequence[Module], shown: dict[str, str], source: Path, root: Path) -> None:
    """Write all of them below `source`; `there` are the modules that have pages."""
    pages = {
        "index.md": f"{START.format(map=_map(there))}\n{_contents(there)}",
        "slides.md": SLIDES + _slides(there, source),
        "glossary.md": GLOSSARY + course_map.glossary(),
        "_static/outputs.css": shrink.style(),
        **dict(summaries.pages(there, source)),
        **dict(_records(there, root)),
        **dict(_benchmarks(shown, root)),
        "api/index.md": REFERENCE + _tree("Packages", reference.write(there, source, root), ":maxdepth: 1"),
    }
    for name, text in pages.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(text, "utf-8")
    (source / "extra" / "recorded").mkdir(parents=True, exist_ok=True)
    for module in there:
        for name in module.records:
            shutil.copy(records.path(name), source / "extra" / "recorded")


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [header, [":--"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def _map(there: Sequence[Module]) -> str:
    """A table for each part: what each module teaches, links, and minutes."""
    parts = []
    for part, title in course.PARTS.items():
        rows = [_row(module, module in there) for module in course.MODULES if module.part == part]
        parts.append(f"## Part {part}: {title}\n\n{table(HEADER, rows)}")
    return "\n".join(parts)


def _row(module: Module, there: bool) -> tuple[str, ...]:
    teaches = "; ".join(what for _, what in module.deck)
    number = f"{module.number:02}"
    if not there:
        return number, module.title, teaches, "*not yet*", ""
    times = (f"[{m} min]({kind}s/{module.slug}.ipynb)" for kind, m in zip(("lecture", "lab"), module.minutes))
    return number, f"**[{module.title}](lectures/{module.slug}.ipynb)**", teaches, *times


def _contents(there: Sequence[Module]) -> str:
    """What the theme shows as contents, and in whose order one goes from page to page."""
    trees = [
        _tree(
            f"{part}: {title}", [f"{kind}/{m.slug}" for m in there if m.part == part for kind in ("lectures", "labs")]
        )
        for part, title in course.PARTS.items()
    ]
    more = ["slides", "glossary", "remember/index", "records/index", "benchmarks/index", "api/index"]
    return "\n".join([*filter(None, trees), _tree("More", more)])


def _tree(caption: str, pages: Sequence[str], options: str = ":hidden:") -> str:
    return f"```{{toctree}}\n:caption: {caption}\n{options}\n\n" + "\n".join(pages) + "\n```\n" if pages else ""


def _slides(there: Sequence[Module], source: Path) -> str:
    rows = []
    for module in course.MODULES:
        found = sections.read(source / f"lectures/{module.slug}.ipynb") if module in there else []
        place = f"lectures/{module.slug}.ipynb"
        name = f"{module.number:02} {module.title}"
        for heading, what in module.deck:
            told = sections.linked(what, found, place, module.title)
            rows.append((heading, told, f"[{name}]({place})" if found else f"{name}, *not yet*"))
    return table(("on the slides", "what", "module"), rows)


def _records(there: Sequence[Module], root: Path) -> Iterator[tuple[str, str]]:
    rows, about = [], dict(_experiments(root))
    for module in there:
        for name in module.records:
            record = records.load(name)
            what = inspect.cleandoc(about.get(name, "")).replace("\n\n", "\n")
            lecture = f"[{module.number:02} {module.title}](../lectures/{module.slug}.ipynb)"
            rows.append((f"[{name}]({name}.md)", what.partition("\n")[0], lecture, record["made"]["date"]))
            data = "\n".join(outline({key: value for key, value in record.items() if key != "made"}))
            whole = f'<a href="../recorded/{name}.json">All of it, as JSON</a>; here in outline:'
            made = f"{records.made(record)} For lecture {lecture}."
            text = f"# Record {name}\n\n{what}\n\n{made}\n\n{whole}\n\n```text\n{data}\n```\n"
            yield f"records/{name}.md", text
    names = [name for module in there for name in module.records]
    contents = _tree("Records", names) if names else ""
    yield "records/index.md", RECORDS + table(("record", "what", "lecture", "made"), rows) + "\n" + contents


def _experiments(root: Path) -> Iterator[tuple[str, str]]:
    """Name of each record -> the docstring of the function that makes it."""
    for file in root.glob("lib/llmcourse/*/*experiments.py"):
        for node in ast.parse(file.read_text("utf-8")).body:
            for mark in getattr(node, "decorator_list", ()):
                if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "records.record":
                    yield mark.args[0].value, ast.get_docstring(node) or ""


def outline(value: object, name: str = "", depth: int = 0) -> Iterator[str]:
    """A value of JSON in lines: all keys, numbers to four digits, and how much a long list has."""
    head = f"{'  ' * depth}{name}: " if name else ""
    if isinstance(value, dict):
        yield from [head.rstrip()] if head else []
        for key, inner in value.items():
            yield from outline(inner, key, depth + bool(name))
    elif isinstance(value, list) and len(json.dumps(value)) > 80:
        kinds = sum(isinstance(inner, dict | list) for inner in value)
        first = _short(value[0]) if not kinds else f"each like {_short(value[0])}"
        yield f"{head}{len(value)} values, {'from ' if not kinds else ''}{first}"
    else:
        yield head + _short(value)


def _short(value: object, most: int = 100) -> str:
    text = re.sub(r"-?\d+\.\d{5,}(e-?\d+)?", lambda number: f"{float(number[0]):.4g}", json.dumps(value))
    return text if len(text) <= most else f"{text[:most]} ..."


def _benchmarks(shown: dict[str, str], root: Path) -> Iterator[tuple[str, str]]:
    names = []
    for file in links.tables(root):
        name = file.relative_to(root).as_posix()
        text = file.read_text("utf-8")
        names.append(Path(shown[name]).stem)
        yield shown[name], links.relinked(text, name, shown[name], shown)
    yield "benchmarks/index.md", TABLES + _tree("Benchmarks", names, ":maxdepth: 1")
