"""Files are written whole or not at all, and a lock lets in one process at a time."""

import multiprocessing
import os
import stat
import subprocess
import sys
import time

import pytest
from llmcourse import files

FORK = multiprocessing.get_context("fork")


def modes(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_text_bytes_and_missing_folders(tmp_path):
    files.write(tmp_path / "a" / "b" / "text", "größer\n")
    files.write(tmp_path / "a" / "bytes", b"\x00\xff")
    assert (tmp_path / "a" / "b" / "text").read_bytes() == "größer\n".encode()
    assert (tmp_path / "a" / "bytes").read_bytes() == b"\x00\xff"
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == ["b", "bytes"]


def test_permissions_are_the_umasks_unless_they_are_named(tmp_path):
    old = os.umask(0o027)
    try:
        files.write(tmp_path / "plain", "")
        files.write(tmp_path / "named", "", 0o444)
    finally:
        os.umask(old)
    assert (modes(tmp_path / "plain"), modes(tmp_path / "named")) == (0o640, 0o444)
    files.write(tmp_path / "named", "a read-only file is replaced")
    assert (tmp_path / "named").read_text() == "a read-only file is replaced"


@pytest.mark.parametrize("step", ["write_bytes", "fsync", "replace"])
def test_what_fails_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, step):
    (tmp_path / "file").write_text("old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(tmp_path) if step == "write_bytes" else os, step, full)
    with pytest.raises(OSError, match="No space left"):
        files.write(tmp_path / "file", "new")
    assert (tmp_path / "file").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_an_interrupted_block_replaces_nothing(tmp_path):
    (tmp_path / "file").write_text("old")
    with pytest.raises(KeyboardInterrupt), files.replacing(tmp_path / "file") as part:
        part.write_text("half of the n")
        raise KeyboardInterrupt
    assert [path.read_text() for path in tmp_path.iterdir()] == ["old"]


def hold(path, ready):
    with files.lock(path):
        ready.set()
        time.sleep(60)


def test_a_lock_is_refused_at_once_and_dies_with_its_process(tmp_path):
    path, ready = tmp_path / "a" / ".lock", FORK.Event()
    child = FORK.Process(target=hold, args=(path, ready))
    child.start()
    try:
        assert ready.wait(20)
        with pytest.raises(BlockingIOError, match="locked by another process"), files.lock(path, wait=False):
            pytest.fail("two processes are in the block")
    finally:
        child.kill()
        child.join()
    with files.lock(path, wait=False):
        pass


def test_who_waits_comes_in_after_the_other(tmp_path):
    path, seen = tmp_path / ".lock", tmp_path / "seen"
    script = f"""
from pathlib import Path
from llmcourse import files
with files.lock(Path({str(path)!r})):
    Path({str(seen)!r}).touch()
"""
    with files.lock(path):
        other = subprocess.Popen([sys.executable, "-c", script])
        with pytest.raises(subprocess.TimeoutExpired):
            other.wait(1.5)
        assert not seen.exists()
    assert other.wait(20) == 0 and seen.exists()


def test_an_error_in_the_block_gives_the_lock_back(tmp_path):
    with pytest.raises(ZeroDivisionError), files.lock(tmp_path / ".lock", wait=False):
        1 / 0  # noqa: B018
    with files.lock(tmp_path / ".lock", wait=False):
        pass


def test_notes_of_passes_need_no_torch():
    script = "import llmcourse.progress, sys; print([m for m in ('torch', 'llmcourse.checks') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stdout.strip() == "[]"
