"""What `check` tells a student. Answers here are written by hand: the private halves stay in grading."""

import base64
import gzip
import math
import re
import subprocess
import sys
from importlib import resources

import pytest
import torch
import torch.nn.functional as F
from llmcourse import checks
from llmcourse.checks import CheckFailed, Lab, check, drafts, find, labs
from llmcourse.checks.answer import Reply, read_reply, reply_bytes, run, tell
from llmcourse.checks.check import absent, feedback
from llmcourse.checks.compare import scales, wrong
from llmcourse.checks.public_cases import file_name, public_cases
from safetensors.torch import save


def right(phi_q, phi_k, v):
    return phi_q @ (phi_k.mT @ v) / (phi_q @ phi_k.sum(-2)[..., None])


def card(answer, name="linear-brackets"):
    return feedback(*find(name), answer)


def first_reason(answer, name="linear-brackets"):
    shown = card(answer, name)
    return next((row.why for row in shown.rows if row.status == "fail"), shown.diagnosis)


def test_right_answer_passes_and_returns_none(capsys):
    assert check("linear-brackets", right) is None  # nbgrader would read a value as a score
    assert "all checks pass (3 of 3 points)" in capsys.readouterr().out


def test_failure_is_one_line(capsys):
    with pytest.raises(CheckFailed) as failure:
        check("linear-brackets", lambda phi_q, phi_k, v: right(phi_q, phi_k, v) + 1)
    text = failure.value._render_traceback_()
    assert len(text) == 1 and "\n" not in text[0] and "4 of 4 checks do not pass yet" in text[0]


def test_validate_dialog_shows_the_whole_card(monkeypatch, capsys):
    monkeypatch.setenv("NBGRADER_EXECUTION", "validate")
    with pytest.raises(CheckFailed, match=r"\[ \] batch and heads"):
        check("linear-brackets", lambda phi_q, phi_k, v: v)


@pytest.mark.parametrize(
    "answer, reason",
    [
        (lambda phi_q, phi_k, v: right(phi_q, phi_k, v).mT, "The shape of z is (2, 5); expected (5, 2)."),
        (
            lambda phi_q, phi_k, v: right(phi_q, phi_k, v).double(),
            "dtype of z is torch.float64; expected torch.float32",
        ),
        (
            lambda phi_q, phi_k, v: right(phi_q, phi_k, v) * math.nan,
            "10 of 10 entries of z are nan or infinite",
        ),
        (lambda phi_q, phi_k, v: right(phi_q, phi_k, v).detach(), "There is no gradient of phi_q"),
        (lambda phi_q, phi_k, v: right(phi_q, phi_k.detach(), v), "There is no gradient of phi_k"),
        (lambda phi_q, phi_k, v: right(phi_q, phi_k, v.mul_(1.5)), "changes the argument v in place"),
        (lambda phi_q, phi_k, v: right(phi_q, phi_k, v) * 1.01, "10 of 10 entries of z differ"),
        (lambda phi_q, phi_k, v: None, "z should be a tensor; it is NoneType"),
        (lambda phi_q, phi_k, v: 1 / 0, "raised ZeroDivisionError: division by zero"),
    ],
)
def test_the_cause_is_named_before_the_values(answer, reason):
    assert reason in first_reason(answer)


def test_unwritten_answer_is_told_so():
    def quadratic_map(x):
        raise NotImplementedError()

    shown = card(quadratic_map, "quadratic-map")
    assert "There is no answer yet" in shown.diagnosis
    assert {row.status for row in shown.rows} == {"skip"} and len(shown.rows) == len(find("quadratic-map")[1].cases)


def test_what_torch_does_not_implement_is_no_stub():
    said = first_reason(lambda phi_q, phi_k, v: torch.softmax(v.long(), -1))
    assert "not implemented for 'Long'" in said


def test_known_misconception_is_named():
    shown = card(lambda phi_q, phi_k, v: phi_q @ (phi_k.mT @ v))
    assert shown.misconception == "This equals the answer without the normaliser."
    assert "phi_k" in shown.hint


def test_a_mistake_that_is_no_misconception_is_not_named():
    assert not card(lambda phi_q, phi_k, v: 2 * right(phi_q, phi_k, v)).misconception


def test_quadratic_memory_is_seen():
    def all_pairs(phi_q, phi_k, v):
        scores = torch.einsum("...id,...jd->...ij", phi_q, phi_k)
        return (scores / scores.sum(-1, keepdim=True)) @ v

    assert "all pairs" in card(all_pairs).misconception


def test_unknown_name_gets_the_nearest():
    with pytest.raises(CheckFailed, match='Did you mean "linear-brackets"'):
        check("linear-bracket", right)
    with pytest.raises(CheckFailed, match=r"Choose one of these: .*quadratic-map"):
        check("xyz", right)


@pytest.mark.parametrize(
    "answer, reason",
    [
        (checks, "You passed the module `llmcourse.checks`; pass the function"),
        (torch.ones(3), "You passed a value of type Tensor; pass the function itself, without calling it"),
        (lambda q, k: q, "The check calls `linear_attention(phi_q, phi_k, v)`; your function is"),
    ],
)
def test_what_cannot_be_called_is_explained(answer, reason):
    assert reason in first_reason(answer)


def test_leaning_on_the_library_is_warned_of():
    from llmcourse.recurrence.linear import brackets

    def linear_attention(phi_q, phi_k, v):
        return brackets(phi_q, phi_k, v)[0]

    scope = {"brackets": brackets}
    exec("def borrowed(phi_q, phi_k, v):\n    return brackets(phi_q, phi_k, v)[0]", scope)
    assert "that use `llmcourse.recurrence`" in absent(find("linear-brackets")[0], scope["borrowed"])
    inside = {}
    exec("def borrowed(x):\n    from llmcourse.recurrence.linear import brackets\n    return brackets", inside)
    assert "llmcourse.recurrence" in absent(find("linear-brackets")[0], inside["borrowed"])
    assert not absent(find("linear-brackets")[0], right)


def test_cards_text_is_plain_and_its_html_is_escaped():
    def answer(phi_q, phi_k, v):
        raise ValueError("<script>alert(1)</script>")

    shown = card(answer)
    assert "<script>" not in shown._repr_html_() and "&lt;script&gt;" in shown._repr_html_()
    assert "<" not in str(card(lambda phi_q, phi_k, v: v))


def test_error_quotes_the_students_line():
    assert "`lambda phi_q, phi_k, v: undefined_name" in first_reason(
        lambda phi_q, phi_k, v: undefined_name  # noqa: F821
    ) or "NameError" in first_reason(lambda phi_q, phi_k, v: undefined_name)  # noqa: F821


def test_reply_survives_the_way_through_bytes():
    _, exercise = find("linear-brackets")
    inputs = public_cases(*_lab("linear-brackets")).cases[0].inputs
    there, back = run(exercise, right, inputs), read_reply(reply_bytes(exercise, right, inputs))
    assert back.outputs.keys() == there.outputs.keys() == {"z", *(f"gradient of {n}" for n in exercise.gradients)}
    assert all(torch.equal(back.outputs[k], there.outputs[k]) for k in there.outputs)


@pytest.mark.parametrize(
    "data", [b"", b"\x00" * 8, b"\xff" * 100, b"\x02\0\0\0\0\0\0\0{}", b"cos\nsystem\n(S'id'\ntR."]
)
def test_forged_reply_is_no_reply(data):
    with pytest.raises(ValueError, match="no readable reply"):
        read_reply(data)


def test_a_reply_that_nobody_would_read_says_how_large_it_is(monkeypatch):
    told = []
    monkeypatch.setattr("IPython.display.display", lambda data, raw: told.append(data["x/y"]))
    exercise = find("linear-brackets")[1]
    inputs = {name: torch.zeros(1, 1) for name in exercise.parameters}
    payload = base64.b64encode(save({name: x for name, x in inputs.items()})).decode()
    tell("x/y", exercise.name, lambda phi_q, phi_k, v: torch.zeros(3_000_000), {"0": payload})
    key, _, text = told[0].partition(" ")
    reply = read_reply(base64.b64decode(text))
    assert key == "0" and reply.error == "TooLarge" and "far more than expected" in reply.message


def test_an_output_that_is_zero_in_theory_is_judged_on_the_scale_of_the_others():
    expected = {"z": torch.ones(4), "gradient of q": torch.full((4,), 1e-12)}
    noise = Reply({"z": torch.ones(4), "gradient of q": torch.full((4,), 1e-7)})
    assert wrong(noise, expected, 1e-4) == ("", "")
    assert scales(expected)["gradient of q"] == pytest.approx(0.1)


def test_an_answer_may_leave_out_an_input_whose_gradient_is_zero():
    expected = {"z": torch.ones(4), "gradient of q": torch.zeros(4), "gradient of k": torch.ones(4)}
    kept = {"z": torch.ones(4), "gradient of k": torch.ones(4)}
    assert wrong(Reply(kept), expected, 1e-4) == ("", "")
    assert wrong(Reply({"z": torch.ones(4)}), expected, 1e-4)[1] == "gradient of k"
    assert wrong(Reply(kept | {"gradient of q": torch.ones(4)}), expected, 1e-4)[1] == "gradient of q"


def test_a_wrong_small_output_is_not_lost_beside_a_large_one():
    expected = {"z": torch.full((4,), 100.0), "u": torch.full((4,), 20.0)}
    assert wrong(Reply({"z": expected["z"], "u": torch.zeros(4)}), expected, 1e-4)[1] == "u"


@pytest.mark.parametrize("lab", labs(), ids=lambda lab: lab.slug)
def test_labs_are_well_formed(lab):
    names = [e.name for other in (*labs(), *drafts()) for e in other.listed]
    assert len(names) == len(set(names))
    assert 4 <= len(lab.exercises) <= 9
    for exercise in lab.exercises:
        assert 1 <= exercise.difficulty <= 5 and exercise.points > 0 and len(exercise.hints) >= 2
        assert set(exercise.gradients) <= set(next(iter(exercise.cases.values()))(torch.Generator()))
        assert len(public_cases(lab, exercise.name).misconceptions) >= 5


@pytest.mark.parametrize("lab", [*labs(), *drafts()], ids=lambda lab: lab.slug)
def test_public_cases_are_numbers_and_small(lab):
    files = {exercise.name: _file(lab, exercise) for exercise in lab.listed}
    assert sum(map(len, files.values())) < 200_000
    for name, data in files.items():
        assert not re.search(rb"\b(def \w+\(|import \w|lambda \w*:)", gzip.decompress(data)), (
            f"{name} holds code, not only numbers and words"
        )


@pytest.mark.parametrize("lab", [*labs(), *drafts()], ids=lambda lab: lab.slug)
def test_a_lab_is_a_package_with_a_module_and_a_file_for_each_exercise(lab):
    here = {path.name for path in resources.files(lab.package).iterdir() if not path.name.startswith("__")}
    modules, files = {f"{e.module}.py" for e in lab.listed}, {file_name(e) for e in lab.listed}
    assert here - {"cases.py"} == modules | files
    assert lab.slug[3:] == lab.name


def test_importing_a_lab_leaves_the_function_that_lists_them():
    """`llmcourse.checks.labs` is a package too; its name in `llmcourse.checks` belongs to the function."""
    code = "import llmcourse.checks.labs.rag.ndcg; from llmcourse.checks import labs; print(len(labs()))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert int(said) == len(labs())


@pytest.fixture
def own_lab(tmp_path, monkeypatch):
    """A package `my_lab` with one exercise, outside the course."""
    (tmp_path / "my_lab").mkdir()
    (tmp_path / "my_lab" / "__init__.py").write_text("")
    (tmp_path / "my_lab" / "two_words.py").write_text(
        "from llmcourse.checks import Exercise\n"
        "EXERCISE = Exercise('two-words', 'Two words', 'f', ('x',), 1, 1, 1, {}, lambda answer, inputs: {}, ())\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    yield "my_lab"
    for name in ("my_lab", "my_lab.two_words", "my_lab.stub"):
        sys.modules.pop(name, None)


def test_a_lab_takes_slug_and_title_from_the_course_or_gives_its_own(own_lab):
    lab = Lab.of(own_lab, ("two-words",), open_task=0, slug="90_my_lab", title="My lab")
    assert (lab.slug, lab.title, lab.name, lab["two-words"].module) == ("90_my_lab", "My lab", "my_lab", "two_words")
    with pytest.raises(LookupError, match="no module for my_lab: pass the lab's slug and title"):
        Lab.of(own_lab, ("two-words",), open_task=0)


def test_an_exercise_that_is_not_written_is_a_draft(own_lab, tmp_path):
    text = (tmp_path / own_lab / "two_words.py").read_text().replace("())", "(), written=False)")
    (tmp_path / own_lab / "stub.py").write_text(text.replace("two-words", "stub"))
    lab = Lab.of(own_lab, ("stub", "two-words"), open_task=0, slug="90_my_lab", title="My lab")
    assert [e.name for e in lab.exercises] == ["two-words"] and [e.name for e in lab.drafts] == ["stub"]
    assert lab.listed == (lab["two-words"], lab["stub"]) and lab.written


def test_a_lab_that_lists_an_exercise_by_another_name_is_told_so(own_lab):
    with pytest.raises(LookupError, match=r"my_lab lists \('two_words',\); its modules define \('two-words',\)"):
        Lab.of(own_lab, ("two_words",), open_task=0, slug="90_my_lab", title="My lab")


def test_decode_step_by_hand():
    """One exercise solved with other means than any private half: softmax-free weights written out."""

    def decode_step(q, k, v, S, u):
        phi = lambda x: F.relu(x) + torch.exp(-F.relu(-x))
        S, u = S + torch.einsum("...i,...j->...ij", v, phi(k)), u + phi(k)
        return (
            torch.einsum("...ij,...j->...i", S, phi(q)) / torch.einsum("...j,...j->...", u, phi(q))[..., None],
            S,
            u,
        )

    assert card(decode_step, "decode-step").ok


def _lab(name):
    return find(name)[0], name


def _file(lab, exercise):
    return resources.files(lab.package).joinpath(file_name(exercise)).read_bytes()
