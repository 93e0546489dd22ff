"""What a student does and what an instructor does, clicked in a real Chromium in the JupyterLab that `make lab` starts.

The tests are one walk, in order: start page, lecture, lab, Validate, formgrader. LLMCOURSE_SCREENSHOTS names a folder
for a picture of each step; if a step fails, its picture is kept and the error says where.
"""

import csv
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import nbformat
import pytest
from llmcourse.checks import lab
from llmcourse.figures.question import questions
from llmcourse.work.folder import is_solution, key
from playwright.sync_api import Locator, Page, expect, sync_playwright

from grading import sample
from grading.exercises import private, solutions
from grading.paths import ROOT

pytestmark = pytest.mark.slow

LAB = lab("08_linear_attention")
QUIET = "no-sandbox disable-gpu disable-background-networking disable-component-update disable-sync no-first-run"
PANEL = ".jp-NotebookPanel:not(.lm-mod-hidden)"
SECONDS = 1000  # playwright counts milliseconds
expect.set_options(timeout=60 * SECONDS)  # a busy machine may be slow to draw a page


def chromium() -> str:
    """The browser; without one the tests are skipped, except where everything must run."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        message = "There is no Chromium here: `apt install chromium`, or put one on the path, to test in a browser."
        pytest.fail(message) if os.environ.get("CI") == "true" else pytest.skip(message)
    return found


class Course:
    """A clone of the course with folders of its own, JupyterLab on it, and a page of a browser."""

    def __init__(self, folder: Path):
        self.place, self.folder = folder / "course", folder
        subprocess.run(["git", "clone", "--quiet", ROOT, self.place], check=True)
        (self.place / ".venv").symlink_to(sys.prefix)  # as installed; `make -o setup` leaves it alone
        hidden = ("VIRTUAL_ENV", "MAKEFLAGS", "MAKELEVEL", "MFLAGS")
        self.env = {name: value for name, value in os.environ.items() if name not in hidden}
        self.env |= {"PYTHONPATH": str(self.place / "lib"), "LLMCOURSE_GRADING": str(folder / "grading")}
        self.env |= {f"JUPYTER_{name}_DIR": str(folder / name) for name in ("CONFIG", "DATA", "RUNTIME")}
        self.env |= {"LLMCOURSE_TIER": "smoke"}

    def start(self, command: str = "lab") -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.site = f"http://127.0.0.1:{free.getsockname()[1]}"
        flags = "--no-browser --ServerApp.port_retries=0 --IdentityProvider.token=browser"
        make = ["make", "-o", "setup", command, f"PORT={self.site.rpartition(':')[2]}", f"LABFLAGS={flags}"]
        with (self.folder / "jupyter.log").open("w") as log:
            streams = {"stdout": log, "stderr": subprocess.STDOUT}
            self.server = subprocess.Popen(make, cwd=self.place, env=self.env, start_new_session=True, **streams)
        for _ in range(600):
            try:
                urllib.request.urlopen(f"{self.site}/api", timeout=10).close()
                return
            except urllib.error.URLError:
                assert self.server.poll() is None, (self.folder / "jupyter.log").read_text()
                time.sleep(0.1)
        raise AssertionError("JupyterLab does not listen after a minute")

    def stop(self) -> None:
        """JupyterLab ends its kernels before itself; what does not end on its own is killed."""
        os.killpg(self.server.pid, signal.SIGTERM)
        try:
            self.server.wait(timeout=30)
        except subprocess.TimeoutExpired:
            os.killpg(self.server.pid, signal.SIGKILL)

    def python(self, *args: str) -> str:
        command = [str(self.place / ".venv/bin/python"), *args]
        done = subprocess.run(command, cwd=self.place, env=self.env, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def open(self, path: str) -> Locator:
        """Open a notebook, wait for its kernel, and return its panel."""
        self.page.goto(f"{self.site}/lab/tree/{path}?token=browser")
        return loaded(self.page)

    def menu(self, name: str, item: str) -> None:
        self.page.locator(".lm-MenuBar-item").filter(has=self.page.get_by_text(name, exact=True)).click()
        self.page.locator(".lm-Menu-item").filter(has=self.page.get_by_text(item, exact=True)).click()

    @contextmanager
    def seen(self, name: str):
        """A picture of the page at the end: kept if asked for, and always after a failure."""
        wanted = os.environ.get("LLMCOURSE_SCREENSHOTS")
        try:
            yield
        except BaseException as error:
            path = Path(wanted or ROOT / ".cache" / "browser") / f"{name}-failed.png"
            self.shoot(path)
            error.add_note(f"What the browser showed: {path}")
            raise
        if wanted:
            self.shoot(Path(wanted) / f"{name}.png")

    def shoot(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=path)


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    browser = chromium()
    course = Course(tmp_path_factory.mktemp("browser"))
    course.start()
    try:
        with sync_playwright() as playwright:
            chrome = playwright.chromium.launch(executable_path=browser, args=[f"--{a}" for a in QUIET.split()])
            course.page: Page = chrome.new_page(viewport={"width": 1280, "height": 900})
            course.page.set_default_timeout(60 * SECONDS)
            yield course
            chrome.close()
    finally:
        course.stop()


def loaded(page: Page) -> Locator:
    """Wait until the notebook in front has its kernel and all its cells, which come one by one; return its panel."""
    panel, counts = page.locator(PANEL), [0]
    idle(panel)
    while len(counts) < 4 or len(set(counts[-4:])) > 1:
        page.wait_for_timeout(SECONDS / 2)
        counts.append(panel.locator(".jp-Cell").count())
    idle(panel)
    return panel


def idle(panel: Locator) -> None:
    """Wait until nothing runs in a notebook and nothing is about to."""
    expect(panel.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]')).to_be_visible(timeout=300 * SECONDS)
    expect(panel.get_by_text("[*]:", exact=True)).to_have_count(0, timeout=300 * SECONDS)


def map_links(panel: Locator) -> tuple[Locator, Locator]:
    """The course map's links to lecture and lab 08, found by the minutes that they show."""
    row = panel.get_by_role("row").filter(has_text="Linear attention").filter(has_text="min").first
    links = row.get_by_role("link", name=re.compile(r"^\d+ min$"))
    return links.nth(0), links.nth(1)


def run_all(course: Course, panel: Locator) -> None:
    """Run > Run All Cells, until every code cell has run."""
    course.menu("Run", "Run All Cells")
    seen = panel.locator(".jp-CodeCell .jp-InputPrompt:not(.jp-Placeholder-prompt)")  # a folded cell shows none
    expect(seen.first).to_have_text(re.compile(r"\[\d+\]:"))
    idle(panel)
    expect(panel.locator(".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.error']")).to_have_count(0)
    expect(panel.locator(".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.stderr']")).to_have_count(0)
    assert [p for p in seen.all_text_contents() if not re.fullmatch(r"\[\d+\]:", p)] == []


def cell(panel: Locator, text: str) -> Locator:
    return panel.locator(".jp-CodeCell").filter(has=panel.page.locator(".jp-InputArea", has_text=text)).first


def run(panel: Locator, one: Locator, source: str | None = None) -> None:
    """Click into a cell, replace its text if `source` is given, and press Shift + Enter."""
    keyboard, prompt = panel.page.keyboard, one.locator(".jp-InputPrompt")
    before = prompt.text_content()
    one.locator(".cm-content").click()
    if source:
        keyboard.press("Control+a")
        keyboard.insert_text(source)
    keyboard.press("Shift+Enter")
    expect(prompt).not_to_have_text(before)
    idle(panel)


def save(page: Page) -> None:
    """Save the notebook in front, and wait until it is saved."""
    page.keyboard.press("Control+s")
    expect(page.locator(".lm-TabBar-tab.lm-mod-current.jp-mod-dirty")).to_have_count(0)


# --- the student


def test_the_start_page_opens_by_itself(course):
    page = course.page
    with course.seen("1-start"):
        page.goto(f"{course.site}/?token=browser")
        panel = page.locator(PANEL)
        expect(panel.get_by_role("heading", name="The course map")).to_be_visible()
        expect(panel.locator("td", has_text="Linear attention").first).to_be_visible()
        progress = panel.locator(".llmf.progress")  # it is there before anything is run, and its script may run
        expect(progress).to_contain_text("Go on with exercise 1 of lab 01")
        expect(progress.locator("tr", has_text="08 ").first).to_contain_text(f"0 of {len(questions(8))}")
        expect(page).to_have_url(re.compile("/lab/tree/work/lectures/00_start.ipynb$"))
        loaded(page)
        expect(page.locator(".Toastify__toast, .jp-Dialog")).to_have_count(0)


def test_a_lecture_runs_from_top_to_bottom(course):
    with course.seen("2-lecture"):
        page = course.page
        map_links(page.locator(PANEL))[0].click()
        expect(page.locator(PANEL).get_by_role("heading", level=1, name="08 · Linear attention")).to_be_visible()
        panel = loaded(page)
        expect(panel.get_by_text("import glob, importlib.util")).to_be_hidden()  # set-up is folded
        expect(panel.locator(".jp-CodeCell").first.locator(".jp-InputPlaceholder")).to_be_visible()
        run_all(course, panel)
        save(page)
    changed = subprocess.run(["git", "status", "--porcelain"], cwd=course.place, capture_output=True, text=True).stdout
    assert changed == "", "what a reader runs is no change of the course, so that `git pull` collides with nothing"
    mine = course.place / "work/lectures/08_linear_attention.ipynb"
    assert any(cell.get("outputs") for cell in json.loads(mine.read_text("utf-8"))["cells"])


def test_an_explorer_follows_mouse_and_arrow_keys(course):
    page = course.page
    explorer = page.locator(f"{PANEL} .explorer").last
    picture, slider = explorer.locator("img:visible"), explorer.get_by_role("slider")
    states = []

    def look():
        expect(picture).to_have_count(1)
        says, alt = explorer.locator(".says").text_content(), picture.get_attribute("alt")
        states.append((picture.get_attribute("src"), alt, slider.get_attribute("aria-valuetext")))
        assert states[-1][2].endswith(f". {alt}") and says in ("", states[-1][2]), "one announcement, or none"

    with course.seen("3-explorer"):
        slider.scroll_into_view_if_needed()
        slider.click(position={"x": 4, "y": 4})  # the page does not move from here on
        look()
        box = slider.bounding_box()
        middle = box["y"] + box["height"] / 2
        page.mouse.move(box["x"] + 8, middle)
        page.mouse.down()
        page.mouse.move(box["x"] + 0.6 * box["width"], middle, steps=6)
        page.mouse.up()
        look()
        page.keyboard.press("ArrowRight")
        look()
        explorer.get_by_role("button", name="previous").click()
        look()
        assert states[3] == states[1]
        for a, b in ((0, 1), (1, 2), (0, 2)):
            assert all(x != y for x, y in zip(states[a], states[b]))
        picture.scroll_into_view_if_needed()


def test_an_explorer_plays_to_its_end(course):
    explorer = course.page.locator(f"{PANEL} .explorer").last
    play, slider = explorer.get_by_role("button", name="play"), explorer.get_by_role("slider")
    slider.press("End")
    end = slider.input_value()
    play.press("Enter")
    expect(slider).not_to_have_value(end)
    expect(play).to_have_attribute("aria-pressed", "true")
    expect(slider).to_have_value(end)
    expect(play).to_have_attribute("aria-pressed", "false")


def test_a_question_is_answered_with_the_keyboard_and_shows_nothing_before(course):
    form = course.page.locator(f"{PANEL} form.quiz").first
    said = form.get_by_role("status")
    with course.seen("3-question"):
        form.scroll_into_view_if_needed()
        expect(form).not_to_contain_text(re.compile("Right|Entry by entry"))
        form.get_by_role("button", name="Check").press("Enter")
        expect(said).to_have_text("Choose one of them first.")
        form.get_by_role("radio").first.focus()
        for key, reply in (("Space", "No. Linear attention"), ("ArrowDown", "Right. Entry by entry")):
            course.page.keyboard.press(key)
            form.get_by_role("button", name="Check").press("Enter")
            expect(said).to_contain_text(reply)
            form.get_by_role("radio", checked=True).focus()
        kept = course.page.evaluate("localStorage['llmcourse.quiz.08-brackets']")
        assert json.loads(kept) == {"choice": 1, "right": True}


def test_a_check_names_the_mistake_and_then_says_that_all_is_right(course):
    name, page = "quadratic-map", course.page
    wrong = private(name).misconceptions[0]
    with course.seen("4-wrong"):
        panel = course.open("work/lectures/00_start.ipynb")
        map_links(panel)[1].click()
        panel = page.locator(PANEL)
        expect(panel.get_by_role("heading", level=1, name="Lab 08")).to_be_visible()
        expect(page).to_have_url(re.compile("/lab/tree/work/08_linear_attention/08_lab.ipynb$"))
        loaded(page)
        run(panel, cell(panel, "from llmcourse.checks import check"))
        answer, check = cell(panel, "def quadratic_map(x)"), cell(panel, f'check("{name}"')
        run(panel, answer, sample._undocumented(solutions.as_answer(name, wrong)))
        run(panel, check)
        card = check.locator(".llmc")
        expect(card).to_contain_text("checks do not pass yet")
        expect(card).to_contain_text(wrong.misconception.says)
        check.scroll_into_view_if_needed()
    with course.seen("5-right"):
        run(panel, answer, sample._right(LAB, name, 0, 0))
        run(panel, check)
        expect(card).to_contain_text("all checks pass")
        check.scroll_into_view_if_needed()
        save(page)


def test_the_start_page_knows_what_passes(course):
    with course.seen("6-progress"):
        panel = course.open("work/lectures/00_start.ipynb")
        run_all(course, panel)
        table = panel.locator(".llmf.progress")
        points = sum(exercise.points for exercise in LAB.exercises)
        expect(table).to_contain_text(f"1 of {len(LAB.exercises)} exercises, 2 of {points} points")
        expect(table).to_contain_text("Go on with exercise 2 of lab 08")
        asked = len(questions(8))  # one of them was answered rightly above
        expect(table.locator("tr", has_text="08 ").first).to_contain_text(f"1 of {asked}")
        table.locator("summary", has_text="08 ").click()
        expect(table.locator("tr", has_text="quadratic-map")).to_contain_text("✓ passed")
        expect(table.locator("tr", has_text="decode-step")).to_contain_text("not yet")
        table.scroll_into_view_if_needed()


def validated(course: Course) -> Locator:
    """Press Validate in the lab, and return the dialog that opens."""
    course.page.locator(PANEL).get_by_role("button", name="Validate").click()
    dialog = course.page.locator(".jp-Dialog")
    expect(dialog).to_contain_text("Validation Results", timeout=120 * SECONDS)
    return dialog


def test_validate_says_in_words_what_is_missing(course):
    with course.seen("7-validate-missing"):
        course.open("work/08_linear_attention/08_lab.ipynb")
        dialog = validated(course)
        expect(dialog).to_contain_text("decode-step")
        expect(dialog).to_contain_text("There is no answer yet")
        said = dialog.inner_text()
        assert "<div" not in said and "Traceback" not in said and "quadratic-map:" not in said
    dialog.get_by_role("button").last.click()


def test_validate_says_that_a_solved_lab_is_right(course):
    path = course.place / "work/08_linear_attention/08_lab.ipynb"
    notebook = nbformat.read(path, 4)
    for one in notebook.cells:
        if is_solution(one):
            one.source = sample._right(LAB, key(one), 0, 0)
    nbformat.write(notebook, path)
    with course.seen("8-validate-solved"):
        course.menu("File", "Reload Notebook from Disk")
        expect(cell(course.page.locator(PANEL), "def decode_step")).not_to_contain_text("NotImplementedError")
        expect(validated(course)).to_contain_text("Success")
    course.page.locator(".jp-Dialog").get_by_role("button").last.click()


def test_the_question_box_answers_and_loses_its_answer_with_the_passage(course):
    with course.seen("9-question-box"):
        panel = course.open("lectures/12_rag.ipynb")
        run_all(course, panel)
        box = panel.locator(".widget-interact").last
        question, leave_out = box.get_by_role("textbox").nth(0), box.get_by_role("textbox").nth(1)
        question.scroll_into_view_if_needed()
        ask, shown = box.get_by_role("button"), box.locator(".widget-output")
        rows = shown.locator("tbody tr")

        def asked(text: str, without: str = "") -> None:
            question.fill(text)
            leave_out.fill(without)
            ask.click()

        asked("Who is the head of government of Croatia?")
        expect(shown).to_contain_text("PLENKOVIC")
        cited = re.search(r"cited: passage (\d+)", shown.inner_text())[1]
        expect(rows.first).to_contain_text(cited)
        asked("Who is the head of government of Croatia?", without=cited)
        expect(shown).not_to_contain_text("PLENKOVIC")
        expect(rows.first).to_contain_text("Croatia")
        expect(shown).not_to_contain_text(cited)
        asked("What is the capital of France?")
        expect(shown).to_contain_text("What is the capital of France? Paris")
        rows.first.scroll_into_view_if_needed()


# --- the instructor


def test_a_graded_submission_opens_in_the_formgrader(course):
    course.python("-m", "llmcourse", "work", "submit", "08")
    inbox = course.folder / "grading" / "submitted"
    inbox.mkdir(parents=True)
    shutil.copy(course.place / "work/08_linear_attention.zip", inbox / "ada.zip")
    course.python("-m", "grading", "grade")
    with course.seen("10-formgrader"):
        expect(course.page.get_by_text("Nbgrader", exact=True)).to_have_count(0)  # a student has no such menu
        course.stop()
        course.start("teach")
        course.open("work/lectures/00_start.ipynb")
        course.menu("Nbgrader", "Formgrader")
        frame = course.page.frame_locator("iframe[src*=formgrader]")
        expect(frame.get_by_role("link", name=LAB.slug)).to_be_visible()
        frame.get_by_role("link", name="Manual Grading").click()
        frame.locator("h1", has_text="Manual Grading").wait_for()
        frame.get_by_role("link", name=LAB.slug).click()
        frame.get_by_role("link", name="lab", exact=True).click()
        expect(frame.locator("tbody tr").first).to_be_visible()
    with course.seen("11-submission"):
        frame.get_by_role("link", name="Submission #1").click()
        for exercise in LAB.exercises:
            score = frame.locator(f"#{exercise.name}-check")
            expect(score).to_have_attribute("placeholder", re.compile(rf"{exercise.points}(\.0)?"))
        expect(frame.locator(".llmc").first).to_contain_text("all checks pass")
        frame.locator(".llmc").first.scroll_into_view_if_needed()


def test_points_for_the_open_task_are_kept(course):
    frame = course.page.frame_locator("iframe[src*=formgrader]")
    with course.seen("12-open-task"):
        score = frame.locator("input#open-task")
        score.scroll_into_view_if_needed()
        expect(score).to_have_value("")
        score.fill("5")
        score.press("Tab")
        expect(
            score.locator("xpath=ancestor::div[contains(@class,'panel-heading')]").locator(".score-saved")
        ).to_be_visible()
        course.python("-m", "grading", "grade")  # grading again keeps the points given by hand
    with open(course.folder / "grading" / "grades.csv", encoding="utf-8", newline="") as file:
        rows = {row["exercise"]: row for row in csv.DictReader(file)}
    assert (rows["open-task"]["manual"], rows["open-task"]["status"]) == ("5", "graded")
    assert all(float(rows[exercise.name]["auto"]) == exercise.points for exercise in LAB.exercises)
