"""Home-made words and known slips that must not come back: `python lib/tests/prose.py [FILE ...]`.

The pre-commit hook passes the files of a commit; without arguments, all tracked files are checked. What only lectures,
labs and their exercises say is not.
"""

import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# What a line must not contain -> what to write instead. Whole words, in lower or upper case.
WORDS = {
    "kill matrix": "mutation test",
    "(visible|hidden) cases?": "public cases, private cases",
    "hand-ins?": "submission",
    "the doctor": "repair",
    'mended(?!")': "repaired",
    "ledger": "gradebook",
    "(topic|topics'|common) rooms?": "package",
    "signs (that|which)": "characters that",
    "say (?=`)": "run, type ",
    "so-manieth": "again, for the nth time",
    "foretold": "predicted",
    "anew": "again, afresh",
    "beside": "next to, against",
    "ready made": "finished, precomputed",
}
FILES = re.compile(r".*\.(py|md)")
LEFT_OUT = re.compile(
    r"(lectures|labs|solutions|lib/llmcourse/checks/labs|grading/exercises|grading/answers)/|lib/tests/(test_)?prose\.py|CHANGELOG\.md"
)


def main(argv: list[str]) -> int:
    found = slips(argv or tracked())
    print(*found, sep="\n", end="\n" if found else "")
    return 1 if found else 0


def tracked() -> list[str]:
    """Paths of all tracked files, from the root."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    return [path for path in listed.split("\0") if path and (ROOT / path).is_file()]


def checked(path: str) -> bool:
    return bool(FILES.fullmatch(path)) and not LEFT_OUT.match(path)


def slips(paths: Iterable[str], root: Path = ROOT) -> list[str]:
    """A line for each slip in those of the files that are checked; paths start at `root`."""
    return [
        f"{path}:{number}: write {better} instead of {slip!r}."
        for path in paths
        if checked(path)
        for number, line in enumerate((root / path).read_text(encoding="utf-8").splitlines(), 1)
        for slip, better in slips_in(line)
    ]


def slips_in(line: str) -> list[tuple[str, str]]:
    """(slip, what to write instead) for each slip in a line."""
    return [
        (match[0], better)
        for pattern, better in WORDS.items()
        for match in re.finditer(rf"(?<!\w){pattern}(?!\w)", line, re.IGNORECASE)
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
