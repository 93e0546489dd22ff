"""What a dishonest submission may do to the programs that read it: files, of the kind "trusted side exhausted".

Each is an honest submission with something added that is slow, large or deep to read, or a file that is nothing else.
"""

import base64
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass

from grading import paths

SLUG = "08_linear_attention"
KIND = "trusted side exhausted"
HEAD = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"


@dataclass(frozen=True)
class File:
    """`make` returns the file; `said` is in the sentence that refuses it; "": it is graded like any other."""

    name: str
    make: Callable[[], bytes]
    said: str = ""
    suffix: str = ".ipynb"
    kind: str = KIND


def honest(*cells: dict, **fields) -> bytes:
    """The solution with more cells, and with other fields of the notebook."""
    notebook = json.loads(paths.solution(SLUG).read_text(encoding="utf-8"))
    notebook["cells"] += [{"metadata": {}, "source": ""} | cell for cell in cells]
    return json.dumps(notebook | fields).encode()


def words(text: str, times: int = 1) -> Callable[[], bytes]:
    return lambda: honest(*[{"cell_type": "markdown", "source": text}] * times)


def code(text: str, times: int = 1) -> Callable[[], bytes]:
    """Code that is not run: Python ends such a cell with a SyntaxError or MemoryError of its own."""
    return lambda: honest(*[{"cell_type": "code", "source": text}] * times)


def shown(*outputs: dict) -> Callable[[], bytes]:
    """Outputs of the open task, which a person marks."""
    return lambda: honest({"cell_type": "code", "metadata": {"tags": ["open-task"]}, "outputs": outputs})


def picture(width: int, height: int, size: int = 0) -> str:
    return base64.b64encode(HEAD + width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes(size)).decode()


def display(data: str) -> dict:
    return {"output_type": "display_data", "data": {"image/png": data}, "metadata": {}}


def pasted() -> bytes:
    files = {f"{n}.png": {"image/png": picture(9, 9, 1_000_000)} for n in range(40)}
    return honest({"cell_type": "markdown", "source": "", "attachments": files})


def zipped(members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


def empty(cells: int) -> bytes:
    return b'{"cells": [' + b"{}," * (cells - 1) + b"{}]}"


def nested(depth: int) -> bytes:
    return honest(metadata={"a": "HERE"}).replace(b'"HERE"', b"[" * depth + b"]" * depth)


FIGURE = '<img alt="a" src="data:image/png;base64,'
FILES = [
    # --- Markdown that parsers take quadratic time for, or worse
    File("a script begun 150,000 times", words("<script " * 150_000)),
    File("a div begun 20,000 times", words("<div>" * 20_000)),
    File("an environment begun 10,000 times", words(r"\begin{a}" * 10_000)),
    File("a formula begun 6,000 times in each of 50 cells", words(r"\\(" * 6_000, 50)),
    File("emphasis", words("*_" * 9_000, 20)),
    File("brackets", words("[" * 50_000)),
    File("brackets in many cells", words("[" * 19_000, 50)),
    File("quotations in quotations", words("> " * 9_000 + "a")),
    File("lists in lists", words("- " * 9_000 + "a")),
    File("lists that grow", words("\n".join(" " * n + "- a" for n in range(180)), 20)),
    File("backticks", words(" ".join("`" * n for n in range(1, 190)), 20)),
    File("links to links", words("".join(f"[a{n}]: b\n[a{n}]\n" for n in range(1_300)), 20)),
    File("tables", words("|a" * 4_000 + "\n" + "|-" * 4_000, 20)),
    File("tags in tags", words("<b><p><a href='x'>" * 1_000, 20)),
    File("lines that only Unicode ends", words("a\u2028\u2029\x85" * 6_000, 20)),
    # --- files that are large to read
    File(
        "a million empty cells", lambda: b'{"cells": [' + b"{}," * 999_999 + b"{}]}", "1,000,000 cells; at most 2,000"
    ),
    File("six million empty cells", lambda: empty(6_000_000), "more than 2,000,000 parts"),
    File("lists in lists in the metadata", lambda: nested(100_000), "nested too deeply"),
    File(
        "a number without end", lambda: honest(metadata={"a": 0}).replace(b'"a": 0', b'"a": ' + b"7" * 10**7), "digits"
    ),
    File("numbers that are none", lambda: honest(metadata={"a": [float("nan")] * 3_000_000})),
    File("keys", lambda: honest(metadata={str(n): 0 for n in range(1_000_000)})),
    File("tags", lambda: honest({"cell_type": "code", "metadata": {"tags": ["x" * 50] * 500_000}})),
    File("a line of six million characters", code("#" * 6_000_000), "characters; at most 5,000,000"),
    File("a text of a million cells", lambda: b"# %%\n" * 1_000_000, "", ".py"),
    File("a header that never ends", lambda: b"#!\n" * 5_000 + b"# %%\nx = 1", "", ".py"),
    # --- code that is slow or dangerous to parse
    File("brackets in code", code("x = " + "[" * 90_000, 20)),
    File("signs in code", code("x = " + "-" * 90_000 + "1")),
    File("halves of code", code("x = (", 1_500)),
    File("halves of long code", code("x = (" + "1,\n" * 20_000, 30)),
    # --- outputs and pictures
    File("a hundred thousand outputs", shown(*[{"output_type": "stream", "text": "x"}] * 100_000)),
    File("a picture of 50,000 by 50,000", shown(display(picture(50_000, 50_000, 100)))),
    File("pictures by the dozen", shown(*[display(picture(9, 9, 1_000_000))] * 40)),
    File("pasted pictures", pasted),
    File("a figure that never ends", shown(display("") | {"data": {"text/html": FIGURE * 500 + "A" * 1_400_000}})),
    File("terminal colours", shown({"output_type": "stream", "text": "\x1b[1m" * 5_000})),
    # --- zips
    File("a zip bomb", lambda: zipped({f"{SLUG}/lab.ipynb": b" " * 300_000_000}), "larger than 200 MB", ".zip"),
    File("a bomb as a notebook", lambda: zipped({"lab.ipynb": b" " * 300_000_000}), "larger than 200 MB"),
    File(
        "a zip of 20,000 files",
        lambda: zipped({f"{n}.py": b"" for n in range(20_000)}),
        "more than 10,000 files",
        ".zip",
    ),
    File(
        "a zip of notebooks that are slow to read",
        lambda: zipped({f"{n}.ipynb": empty(900_000) for n in range(90)}),
        "",
        ".zip",
    ),
]
