"""A student's work: prepared once, never overwritten, corrected cell by cell, submitted as one zip.

    folder   where things are; reading and writing notebooks    merge    a corrected lab and a student's work
    steps    prepare, update, reset, submit                     passes   which exercises pass
    colab    saving to Google Drive

`python -m llmcourse work STEP` runs a step in a terminal; `make` calls it. Notebooks are handled as plain JSON, so that
this runs on Colab and in the core installation.
"""

import sys

from ..progress import passed
from .colab import save
from .folder import WorkError
from .passes import progress
from .steps import prepare, reset, submit, update

__all__ = ["WorkError", "passed", "prepare", "progress", "reset", "save", "submit", "update"]

STEPS = {
    "prepare": (prepare, "", "copy the labs and lectures that are not in work/ yet"),
    "update": (update, "[LAB]", "bring corrections into your labs and lectures; your answers stay"),
    "reset": (reset, "LAB EXERCISE", "start one exercise again; the old file is kept"),
    "submit": (submit, "LAB", "write the zip to submit"),
    "progress": (progress, "", "show which exercises pass"),
}


def main(argv: list[str]) -> int:
    """python -m llmcourse work STEP ..."""
    step, arguments = (argv[0], argv[1:]) if argv else ("", [])
    usage = [f"  {name + ' ' + takes:22} {what}" for name, (_, takes, what) in STEPS.items()]
    if step not in STEPS:
        print("python -m llmcourse work STEP", *usage, sep="\n")
        return 0 if step in ("", "-h", "--help") else 2
    function, takes, _ = STEPS[step]
    wanted = takes.split()
    if not sum(not name.startswith("[") for name in wanted) <= len(arguments) <= len(wanted):
        example = {"LAB": "08", "[LAB]": "08", "EXERCISE": "decode-step"}
        given = " ".join(example[name] for name in wanted)
        call = f"python -m llmcourse work {step} {given}".rstrip()
        print(f"`{step}` is called like this: `{call}`.", file=sys.stderr)
        return 2
    try:
        print(function(*arguments))
    except WorkError as error:
        print(error, file=sys.stderr)
        return 1
    return 0
