"""README is true: its commands exist, its map is the course's, its pictures are there and small."""

import re

from llmcourse.checks import labs

from grading.authoring.generated_cells import README_MAP, Home, refresh_readme
from grading.paths import ROOT

TEXT = (ROOT / "README.md").read_text()


def test_every_make_command_exists():
    targets = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.M))
    named = set(re.findall(r"^make ([a-z-]+)|`[^`\n]*?make ([a-z-]+)", TEXT, re.M))
    named = {first or second for first, second in named}
    assert {"lab", "test", "grade", "submit"} <= named
    assert named <= targets


def test_the_exercise_it_resets_exists():
    for number, name in re.findall(r"LAB=(\d+) EXERCISE=([a-z-]+)", TEXT):
        lab = next(lab for lab in labs() if lab.slug.startswith(number))
        assert name in [exercise.name for exercise in lab.exercises]


def test_the_course_map_is_the_course():
    assert README_MAP.search(TEXT)
    assert refresh_readme(TEXT, Home.of(ROOT)) == TEXT


def test_every_file_it_links_to_is_there_and_pictures_are_light():
    for target in re.findall(r"\]\(([^)]+)\)", TEXT):
        if not target.startswith("http"):
            path = ROOT / target
            assert path.exists(), target
            assert path.suffix != ".png" or path.stat().st_size < 300_000


def test_every_path_it_names_is_there():
    made = ("grading/", "work/", ".", "STUDENT/", "build/")  # made at run time
    for path in re.findall(r"`([\w./-]+)`", TEXT):
        if ("/" in path or path.endswith((".md", ".txt", ".yml"))) and not path.startswith((*made, "/")):
            assert (ROOT / path).exists(), path
