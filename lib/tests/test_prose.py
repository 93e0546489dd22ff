"""Tracked text is spelled correctly, and home-made words do not come back."""

import re
import subprocess
import sys

import pytest

from lib.tests import prose


def spelling(*paths):
    command = [sys.executable, "-m", "codespell_lib", "--toml", prose.ROOT / "pyproject.toml", *paths]
    return subprocess.run(command, cwd=prose.ROOT, capture_output=True, text=True)


def test_nothing_is_misspelled():
    done = spelling(*prose.tracked())
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("name", "found"), [("page.md", True), ("page.py", True), ("page.ipynb", False)])
def test_a_misspelling_is_found_but_not_in_what_is_made(name, found, tmp_path):
    (tmp_path / name).write_text("Teh lecture.\n")  # codespell:ignore teh
    done = spelling(tmp_path / name)
    assert bool(done.returncode) == ("==> The" in done.stdout) == found


def test_no_home_made_word_comes_back():
    assert prose.slips(prose.tracked()) == []


@pytest.mark.parametrize(
    "line",
    [
        "The kill matrix is clean.",
        "# sentences with signs that ASCII has not",
        "for the so-manieth time",
        "On Windows say `wsl --install`.",
        "HIDDEN CASES",
        "A student's hand-in is read by the doctor.",
    ],
)
def test_a_home_made_word_is_found(line, tmp_path):
    (tmp_path / "lectures").mkdir()
    for name in ("page.md", "lectures/page.md", "page.svg"):
        (tmp_path / name).write_text(f"A good line.\n{line}\n")
    found = prose.slips(["page.md", "lectures/page.md", "page.svg"], tmp_path)
    assert found and all(re.match(r"page\.md:2: write .+ instead of ", slip) for slip in found)


def test_a_word_is_found_only_as_a_whole():
    assert prose.slips_in("renewed, besides, unmended; an essay `x`; the doctorate; a ledgerless class") == []


def test_the_hook_fails_on_a_slip(monkeypatch, capsys):
    monkeypatch.setattr(prose, "slips", lambda paths: [*paths])
    assert prose.main(["a slip"]) == 1 and capsys.readouterr().out == "a slip\n"
    monkeypatch.setattr(prose, "slips", lambda paths: [])
    assert prose.main([]) == 0 and capsys.readouterr().out == ""
