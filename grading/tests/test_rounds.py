"""Rounds: once feedback has been released, later versions are asked with new inputs, and nothing else changes."""

import hashlib
import json
import zipfile

import pytest
import torch

from grading import grade, paths
from grading.commands import main
from grading.gradebook.results import Results
from grading.running import rounds, score, seeds

from .classes import SLUG, gradebook_in, hand_in, without_kernels
from .test_earlier import earlier, graded  # noqa: F401  fixtures


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A class of two has submitted."""
    monkeypatch.setenv("LLMCOURSE_GRADING", str(tmp_path))
    without_kernels(monkeypatch)
    gradebook_in(tmp_path)
    hand_in(["ada", "ben"], tmp_path / "submitted")
    return tmp_path


def in_rounds(place) -> dict[str, int]:
    return {found.student: found.round for found in Results(place / "results").all(SLUG)}


def graded_now(monkeypatch, *arguments) -> set[str]:
    """Who is graded by the command."""
    who, inner = set(), grade.grade_submission
    with monkeypatch.context() as patch:
        patch.setattr(grade, "grade_submission", lambda *call: who.add(call[2]) or inner(*call))
        assert main(["grade", "08", *arguments]) == 0
    return who


def test_round_zero_draws_what_version_0_1_drew(graded):  # noqa: F811
    """Its results are named by a hash of student, lab, seed and submission."""
    for path in (graded / "results" / SLUG).glob("*.json"):
        result = json.loads(path.read_text(encoding="utf-8"))
        folder = paths.submitted(result["student"], SLUG).parent
        digest = hashlib.sha256(f"{result['student']}/{SLUG}/{seeds.seed(result['student'], SLUG)}".encode())
        for name in ("lab.ipynb", "timestamp.txt"):
            digest.update(name.encode() + b"\0" + (folder / name).read_bytes() if (folder / name).exists() else b"")
        assert result["key"].startswith(digest.hexdigest()[:32]), result["student"]
    drawn = hashlib.sha256(b"5/quadratic-map/a case").digest()[:7]
    assert seeds.generator("quadratic-map", "a case", 5).initial_seed() == int.from_bytes(drawn, "big")


def test_each_round_draws_other_inputs_and_always_the_same(place):
    drawn = [seeds.seed("ada", SLUG, n) for n in (0, 1, 2)]
    assert drawn == [seeds.seed("ada", SLUG, n) for n in (0, 1, 2)] and len(set(drawn)) == 3
    first, later = (score.cases("quadratic-map", seed) for seed in drawn[:2])
    assert first.keys() == later.keys()
    assert not any(torch.equal(first[title]["x"], later[title]["x"]) for title in first if first[title]["x"].numel())


def test_a_changed_submission_gets_the_inputs_of_its_round_and_an_unchanged_one_keeps_its_points(place, monkeypatch):
    assert graded_now(monkeypatch) == {"ada", "ben"} and in_rounds(place) == {"ada": 0, "ben": 0}
    assert main(["release", "08"]) == 0 and rounds.current(SLUG) == 1
    assert graded_now(monkeypatch) == set()
    hand_in(["ben", "cem"], place / "submitted", "This is better.")
    assert graded_now(monkeypatch) == {"ben", "cem"}
    assert in_rounds(place) == {"ada": 0, "ben": 1, "cem": 1}
    assert "inputs of round 1" in (place / "results" / SLUG / "ben.log").read_text()
    rounds.begin(SLUG)
    assert graded_now(monkeypatch, "--again") == {"ada", "ben", "cem"}
    assert graded_now(monkeypatch, "--exercise=delta-step") == {"ada", "ben", "cem"}
    assert in_rounds(place) == {"ada": 0, "ben": 1, "cem": 1}
    hand_in(["ada", "ben", "dan"], place / "submitted", "This is best.")
    assert graded_now(monkeypatch, "--same-inputs") == {"ada", "ben", "dan"}
    assert in_rounds(place) == {"ada": 0, "ben": 1, "cem": 1, "dan": 2}


def test_feedback_is_packed_for_a_platform(place, capsys):
    assert main(["release", "08"]) == 2 and "run `make grade LAB=08` first" in capsys.readouterr().err
    assert not rounds.current(SLUG) and not list(place.glob("feedback_*"))
    assert main(["grade", "08"]) == 0 and main(["release", "08"]) == 0
    with zipfile.ZipFile(place / f"feedback_{SLUG}.zip") as archive:
        assert archive.namelist() == [f"ada/{SLUG}.html", f"ben/{SLUG}.html"]
        assert archive.read(f"ada/{SLUG}.html") == paths.feedback("ada", SLUG).read_bytes()
    assert "(round 1)" in capsys.readouterr().out


def test_nbgrader_begins_a_round_when_it_releases_feedback(place):
    assert main(["grade", "08"]) == 0
    for page in place.glob(f"feedback/*/{SLUG}/lab.html"):  # nbgrader's own files
        page.with_name("timestamp.txt").write_text("2026-11-01 12:00:00 UTC")
        page.with_name("submission_secret.txt").write_text(page.parts[-3])
    assert paths.nbgrader().release_feedback(SLUG)["success"] and rounds.current(SLUG) == 1
    assert len(list(place.glob("exchange/llmcourse/feedback/*.html"))) == 2


@pytest.mark.parametrize("text", ["", "[]", '{"08_linear_attention": "1"}', '{"08_linear_attention": -1}'])
def test_a_file_of_rounds_that_is_none_stops_grading_and_says_why(place, text, capsys):
    (place / "rounds.json").write_text(text)
    assert main(["grade", "08"]) == 2 and "rounds.json should be like" in capsys.readouterr().err
