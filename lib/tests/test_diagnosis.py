"""One sentence on what is wrong with an answer, from the definition of its exercise alone."""

import math
import time

import pytest
import torch
import torch.nn.functional as F
from llmcourse.checks import diagnosis, find, labs
from llmcourse.checks.answer import Reply
from llmcourse.checks.check import feedback
from llmcourse.checks.diagnosis.agreement import Said, shared
from llmcourse.checks.diagnosis.relations import places, relations
from llmcourse.checks.public_cases import public_cases

torch.manual_seed(0)
X = torch.randn(4, 5, 5, dtype=torch.float64)
SHARE = torch.rand(4, 5, dtype=torch.float64)
ROWS = SHARE * torch.tensor([1.0, 1.0, 0.0, 1.0], dtype=torch.float64)[:, None]  # one of them is all zero


def near(x, y):
    return torch.allclose(x, y)


def first(got, want, **sizes):
    return next(relations(got, want, near, sizes), "")


@pytest.mark.parametrize(
    "got, want, phrase",
    [
        (-X, X, "the negative of what is expected"),
        (2 * X, X, "twice what is expected"),
        (X / 3, X, "1/3 times what is expected"),
        (X + 0.25, X, "what is expected plus 0.25 in every entry"),
        (X.mT, X, "what is expected, transposed (its last two axes are exchanged)"),
        (X.permute(0, 2, 1)[:, :3], X[:, :, :3], "what is expected, transposed (its last two axes are exchanged)"),
        (X.flip(-1), X, "what is expected in reverse order along axis -1"),
        (X.roll(1, -2), X, "what is expected, rolled by one along axis -2"),
        (F.pad(X, (0, 0, 1, 0))[:, :-1], X, "what is expected, one place later along axis -2"),
        (F.pad(X, (0, 1))[..., 1:], X, "what is expected, one place earlier along axis -1"),
        (X.cumsum(-1), X, "the running sum of what is expected, along axis -1"),
        (X.diff(dim=-2, prepend=0 * X[:, :1]), X,
         "the step from entry to entry of what is expected, along axis -2: a running sum is missing"),
        (SHARE.log(), SHARE, "the logarithm of what is expected"),
        (SHARE.exp(), SHARE, "the exponential of what is expected"),
        (X.clamp(min=-0.5), X, "what is expected, with everything below -0.5 cut off"),
        (X.clamp(max=0.7), X, "what is expected, with everything above 0.7 cut off"),
        (torch.tensor([1.0, 2, 9]), torch.tensor([1.0, 2, 10]), ""),
        (1 - SHARE, SHARE, "one minus what is expected"),
        (X[[2, 0, 3, 1]], X, "what is expected with its entries along axis -3 in the order [2, 0, 3, 1]"),
        (X.sum(0), X, "the sum of what is expected over axis -3"),
        (X.unsqueeze(1), X, "right, but for axes of length one: its shape is (4, 1, 5, 5), not (4, 5, 5)"),
        (X, X.sum(0), "not summed over axis -3"),
        (X, X[-1], "right in its last slice along axis -3, and has the others besides"),
        (X / X.norm(dim=-1, keepdim=True), X,
         "right up to a factor of its own for each slice along axis -1"),
        (1.00112 * X, X, "1.0011 times what is expected"),
        (X / 0.37, X, "2.7027 times what is expected"),
        (3 + 1.00112 * X, X, "right up to a shift and a factor: its entries are 1.0011 times as far apart as expected"),
        (1 - 2 * X, X, "right up to a shift and a factor: its entries are minus twice as far apart as expected"),
        (ROWS * torch.tensor([0.99, 0.98, 1.0, 0.97])[:, None], ROWS,
         "right up to a factor, near 1, of its own for each slice along axis -1"),
        (SHARE[:, :1], SHARE[:, :1].expand(4, 5),
         "right, but axis -1 is missing, along which all entries are the same: expand it"),
        (SHARE.mean(1), SHARE, "the mean of what is expected over axis -1"),
        (X * (1 + 1e-2 * torch.randn_like(X)), X, ""),
        (torch.randn_like(X), X, ""),
        (X, X, ""),
        (torch.ones(3), torch.ones(3) * 2, ""),
    ],
)  # fmt: skip
def test_a_relation_is_said(got, want, phrase):
    assert first(got, want) == phrase


def test_a_factor_is_said_in_terms_of_sizes():
    assert first(X * 5, X, **{"the number of keys": 5}) == "the number of keys times what is expected"
    assert first(X / 7**0.5, X, **{"d": 7}) == "one over the square root of d times what is expected"


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_no_relation_is_found_between_what_has_none(scale, dtype):
    generator = torch.Generator().manual_seed(1)
    for _ in range(50):
        shape = torch.randint(1, 5, (3,), generator=generator).tolist()
        got, want = (torch.randn(shape, generator=generator).to(dtype) * scale for _ in range(2))
        assert not list(relations(got, want, lambda x, y: bool(((x - y).abs() <= 1e-4 * scale).all())))


def test_places():
    whole, one = torch.zeros(3, 4, 4, dtype=torch.bool), torch.eye(4, dtype=torch.bool)
    first_row, last = whole.clone(), whole.clone()
    first_row[:, 0], last[..., -1] = True, True
    assert places(first_row) == "only in the first entry along axis -2"
    assert places(~first_row) == "everywhere but in the first entry along axis -2"
    assert places(last) == "only in the last entry along axis -1"
    assert places(one) == "only on the diagonal"
    assert places(torch.ones(4, 4).triu(1).bool() & ~whole[0]) != ""
    assert places(whole) == places(~whole) == ""
    below = torch.ones(4, 4).tril(-1).bool()
    assert places(below) == "only below the diagonal"  # and not everywhere but in the last column
    assert places(torch.tensor([[0, 1, 0, 1]]).bool()) == "only at indices 1 and 3 of axis -1"
    assert places(torch.arange(12) % 2 == 1) == "only at index 1 of its only axis and every 2 further on"


def test_a_case_that_cannot_show_a_relation_does_not_speak_against_it():
    later = "what is expected, one place later along axis -1"
    one_axis = later.replace("axis -1", "its only axis")
    assert shared([Said([one_axis], (5,)), Said([], (1,))])[0] == one_axis
    assert shared([Said([one_axis], (5,)), Said([later], (2, 6)), Said([], (4, 1))]) == (later, [True, True, False])
    assert shared([Said([later], (2, 6)), Said([], (2, 6))])[0] == ""  # it could be seen here, and is not
    own = "right up to a factor of its own for each slice along axis -1"
    assert shared([Said([own], (2, 6)), Said(["1.5 times what is expected"], (1, 6), plain=True)])[0] == own
    assert shared([Said([own], (2, 6)), Said([], (1, 6))])[0] == ""


def test_an_index_that_is_an_argument_is_called_so_and_axes_may_be_counted_from_the_front():
    said = [Said([f"from index {n} of axis -2 on"], (7, 2), numbers={"`chunk`": n}) for n in (2, 3)]
    assert shared(said)[0] == "from index `chunk` of axis -2 on"
    assert shared(said[:1])[0] == "from index 2 of axis -2 on"
    assert shared(
        [Said(["only at index 1 of axis -3"], (4, 6, 2)), Said(["only at index 1 of axis -4"], (4, 2, 6, 2))]
    )[0] == ("only at index 1 of axis 0")


# ------------------------------------------------------------------ whole answers


def said(name, answer):
    shown = feedback(*find(name), answer)
    assert not shown.ok
    return shown.misconception or shown.diagnosis


def decay(q, k, v, g):
    log = g.cumsum(-1)
    D = (log[..., :, None] - log[..., None, :]).masked_fill(torch.ones(g.shape[-1], g.shape[-1]).triu(1).bool(), -1e9)
    return (q @ k.mT * D.exp()) @ v


def test_answers_are_diagnosed():
    assert not feedback(*find("decay-parallel"), decay).diagnosis
    assert said("decay-parallel", lambda q, k, v, g: -decay(q, k, v, g)).startswith("`o` is the negative")
    assert "does not use `v`" in said("decay-parallel", lambda q, k, v, g: decay(q, k, torch.ones_like(v), g))
    assert "`q` and `k` exchanged" in said("decay-parallel", lambda q, k, v, g: decay(k, q, v, g))
    assert "looks ahead" in said(
        "decay-parallel", lambda q, k, v, g: (q @ k.mT) @ v + g.sum(-1, keepdim=True)[..., None]
    )


def test_what_an_argument_is_taken_for_is_said():
    """What is the answer to another question is told as that: to one with e to the g, or the root of the discount."""
    shaped = lambda reward, Phi, Phi_next, done, c: reward + c**2 * (1 - done) * Phi_next - Phi
    given = "Given {} in place of `{}` your answer is right"
    assert given.format("`g.exp()`", "g") in said("decay-parallel", lambda q, k, v, g: decay(q, k, v, g.log()))
    assert given.format("`-g`", "g") in said("decay-parallel", lambda q, k, v, g: (q @ k.mT * decays(-g)) @ v)
    assert given.format("`discount ** 0.5`", "discount") in said("potential-shaping", shaped)


def decays(g):
    log = g.cumsum(-1)
    D = log[..., :, None] - log[..., None, :]
    return D.masked_fill(torch.ones(g.shape[-1], g.shape[-1]).triu(1).bool(), -1e9).exp()


def test_an_argument_that_is_used_one_place_late_is_said():
    early = lambda g: F.pad(g, (0, 1), value=-0.3)[..., 1:]
    text = said("decay-parallel", lambda q, k, v, g: decay(q, k, v, early(g)))
    assert "uses the entry of `g` after the one that is meant" in text and "but for the ends" in text


def test_a_misconception_in_part_of_the_cases_is_said():
    def answer(log_p, r, f):
        w = f(r)
        more = 0.1 * log_p * bool(((w == 0) | (w == 1)).all())  # for a threshold
        Z = w.sum(-1, keepdim=True)
        return w * log_p.exp() / torch.where(Z > 0, Z, 1.0) + more

    text = said("e-step", answer)
    assert text.startswith("In the cases “f is the identity”, “a question without any reward”")
    assert "this equals f(r) p, divided by the sum of f(r); that does not explain the other cases." in text


def test_a_misconception_in_one_output_is_said():
    """The bound has no entropy, and the gap has another mistake."""

    def answer(log_p, r, q):
        L = torch.where(q > 0, q * (r.log() + log_p), 0.0).sum(-1)
        return L, 3 * L.square() + 1

    text = said("bound-and-gap", answer)
    assert text.startswith("`L` is what it is in this mistake: E_q[log r + log p]: the entropy of q is missing.")
    assert "Something else is wrong with `gap`." in text


def test_where_numbers_are_missing_is_said():
    def by_division(logits, y, r):
        hot = F.one_hot(y, logits.shape[1]) - logits.softmax(-1)[:, None]
        return ((r.square() / r)[..., None] * hot).sum(1) / y.numel()

    assert said("weighted-gradient", by_division) == (
        "The output `gradient` is nan or infinite exactly in the rows in which the argument `r` is zero."
    )


def test_outputs_that_are_right_are_told_apart():
    def shared_scores(P, lam, Q, dP, dlam, dQ, keep):
        S = (lam * dlam).abs() + (P * dP).abs().mean(0) + (Q * dQ).abs().mean(1)
        return S, lam * S.sin()

    assert said("adalora-prune", shared_scores).endswith("`S` is right in every case; `lam` not.")


def test_chance_is_seen():
    text = said("truncated-svd", lambda X, k: (X @ (V := torch.rand(X.shape[1], k)), V.mT))
    assert text == "Your answer draws random numbers on its way (`rand`), and here nothing depends on chance."


def test_what_is_nearly_right_is_said():
    def disturbed(log_p, r, f):
        w = f(r) * log_p.exp() * (1 + 1e-2 * (7 * log_p).sin())
        Z = w.sum(-1, keepdim=True)
        return w / torch.where(Z > 0, Z, 1.0)

    text = said("e-step", disturbed)
    assert text.startswith("`q` is nearly right: no entry is off by more than ") and "% of their size" in text


def test_an_output_that_only_some_cases_have_may_be_all_that_is_wrong():
    public = public_cases(find("chunkwise")[0], "chunkwise")
    replies = [Reply(case.expected) for case in public.cases]
    about = ["an L x L matrix is made" if "an L x L matrix is made" in case.expected else "" for case in public.cases]
    assert "" in about and any(about)
    assert not list(diagnosis._nearly(None, None, public, replies, about))


def test_a_stage_counts_if_it_is_computed_in_all_cases():
    """A / 2 * k is A / (2 k) where k is 1, and nowhere else."""

    def answer(c, f, k, A, B):
        eye = torch.eye(len(A), dtype=A.dtype)
        return torch.linalg.solve(eye + A / 2 * k, (eye - A / 2 * k) @ c + B * f / k)

    assert "as expected" not in said("online-update", answer)


def test_rows_without_a_gradient_are_said():
    def b_alone(x, y, A, B, b, alpha):
        old = (x @ A[: b - 1].detach().mT) @ B[:, : b - 1].detach().mT
        new = (x @ A[b - 1 : b].detach().mT) @ B[:, b - 1 : b].mT
        return y + (old + new) * (alpha / b) + 0 * A.sum()

    text = said("dylora-step", b_alone)
    assert "no gradient reaches index 1 along axis -2 of `A`, though one should." in text
    assert text.endswith("All values are right; what is not is the gradient of A.")


def test_what_is_computed_without_tensors_is_not_said_to_be_missing():
    def with_numbers(gains, k):
        dcg = lambda row: sum(gain / math.log2(place + 1) for place, gain in enumerate(row[:k], 1))
        return torch.tensor([dcg(row) / (1.3 * dcg(sorted(row)[::-1]) + 0.1) for row in gains.tolist()])

    def with_tensors(gains, k):
        found = (gains * torch.arange(1.0, gains.shape[1] + 1).cos())[:, :k].sum(1)
        return found / 7

    assert "does not compute" not in said("ndcg", with_numbers)
    assert "does not compute DCG of the ranking" in said("ndcg", with_tensors)


def test_a_returned_value_of_the_wrong_kind_is_said_with_what_is_expected():
    rows = feedback(*find("gold-places"), lambda n, gold: [[0] * n] * n).rows
    assert "`gold_places` returns a list of length" in rows[0].why and "Expected: a tensor of shape" in rows[0].why


@pytest.mark.parametrize("name", [e.name for lab in labs() for e in lab.exercises])
def test_a_diagnosis_is_quick_and_a_wrong_answer_never_raises(name):
    lab, exercise = find(name)
    for answer in (lambda *args: None, lambda *args: args[0], lambda *args: [1.0], lambda *args: torch.zeros(2, 3)):
        start = time.process_time()
        shown = feedback(lab, exercise, answer)
        assert not shown.ok and time.process_time() - start < 6
        text = str(shown)
        assert "has no attribute" not in text and "not enough values to unpack" not in text, text


def kernel(log_dt, log_decay, frequency, C, L, held=lambda z: z.exp() - 1, real=lambda x: x.real):
    lam = torch.complex(-log_decay.exp(), frequency)
    z = log_dt.exp()[:, None] * lam
    B = held(z) / lam
    return 2 * real(
        ((torch.view_as_complex(C.contiguous()) * B)[..., None] * (z[..., None] * torch.arange(L)).exp()).sum(1)
    )


def test_stages_may_be_complex():
    assert feedback(*find("s4d-kernel"), kernel).ok
    assert "computes the powers e^(l z) as expected: look" in said(
        "s4d-kernel", lambda *a: kernel(*a, real=lambda x: x.real + x.imag)
    )


def test_one_stage_in_the_middle_is_missing():
    gap = said("s4d-kernel", lambda *a: kernel(*a, held=lambda z: z.exp() - 0.9))
    assert gap.startswith("Your code computes the powers e^(l z) as expected, and all before it but B_ =")

    def by_another_way(q, k, v, g):  # no running sum is made, and the decays are right: so it is not what is missing
        D = torch.stack([torch.stack([g[..., s + 1 : t + 1].sum(-1) for s in range(t + 1)] + [g[..., 0] * 0 - 1e9] *
                                     (g.shape[-1] - t - 1), -1) for t in range(g.shape[-1])], -2)  # fmt: skip
        return (q @ k.mT * D.exp()) @ v.cumsum(-2)

    assert "but the running sum" not in said("decay-parallel", by_another_way)


def test_a_part_of_what_an_answer_has_computed_counts_as_computed():
    def by_entries(A, B, dt):
        block = torch.cat([torch.cat([A, B[:, None]], 1), torch.zeros(1, len(B) + 1)])
        E = (dt * block).sinh() + torch.eye(len(B) + 1)
        return E[:-1, :-1], E[:-1, -1]

    assert "does not compute A_, the matrix exponential" in said("zero-order-hold", by_entries)


def test_relations_are_judged_where_they_can_be_told():
    def louder_by_channel(*given):
        K = kernel(*given)
        return K * (1.3 + 0.2 * torch.arange(len(K)))[:, None]

    def louder_from_piece_to_piece(x, dt, A, B, C, h, chunk):
        y = []
        for t in range(x.shape[-2]):
            h = h * 1.4 if t and t % chunk == 0 else h
            h = (dt[..., t, :, None] * A).exp() * h + (dt * x)[..., t, :, None] * B[..., t, None, :]
            y.append((h * C[..., t, None, :]).sum(-1))
        return torch.stack(y, -2), h

    own = "right up to a factor of its own for each slice along axis -1"
    assert said("s4d-kernel", louder_by_channel) == f"`K` is {own}."
    assert said("chunked-scan", louder_from_piece_to_piece) == "`y` is wrong only from index `chunk` of axis -2 on."


def test_a_place_in_one_case_is_said_of_that_case():
    """“Only at index 3” of one case, where the others are right, is no rule."""

    lab, exercise = find("s4d-kernel")
    public = public_cases(lab, exercise.name)

    def placed(*titles):
        replies = [Reply({"K": case.expected["K"].clone()}) for case in public.cases]
        for case, reply in zip(public.cases, replies):
            if case.title in titles:
                reply.outputs["K"][..., -1] += 1.0
        about = ["K" if case.title in titles else "" for case in public.cases]
        return next(diagnosis._placed(exercise, None, public, replies, about))

    where = "`K` is wrong only in the last entry along axis -1."
    assert placed("two channels") == "In the case “two channels”, " + where
    assert placed("two channels", "one state") == "In the cases “one state”, “two channels”, " + where
    assert placed(*(case.title for case in public.cases)) == where


# ------------------------------------------------------------------ the card


def test_a_reason_is_given_once_and_the_text_has_the_numbers_of_the_page():
    from llmcourse.checks.card import Card, Row

    shown = {"z: yours": 6.84, "expected": 6.80, "difference": 0.04}
    maps = tuple((caption, torch.tensor([x])) for caption, x in shown.items())
    passed = Row("three", "pass"), Row("four", "pass")
    card = Card("x", (Row("one", "fail", "It differs.", maps), Row("two", "fail", "It differs."), *passed))
    text, page = str(card), card._repr_html_()
    assert text.count("It differs.") == 1 and text.count("as above") == 1 and "two: as above" in text
    assert text.endswith("[x] three\n  [x] four")
    assert "z: yours: [[6.84]]" in text and "expected: [[6.8]]" in text
    assert ">6.84<" in page and page.count("It differs.") == 1
