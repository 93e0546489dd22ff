"""Bootstrapping: the bound and both steps against enumeration and autograd, ROUGE-L against rouge-score, every loop on
models so small that the right outcome is known, and generated programs that try to break out."""

import itertools
import json
import math
import random
import subprocess
import sys

import pytest
import torch
from llmcourse import runtime
from llmcourse.bootstrapping import (
    em,
    experiments,
    problems,
    rest,
    rft,
    rouge,
    sandbox,
    self_instruct,
    star,
    stop,
    stop_child,
    writer,
)

float64 = torch.float64


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Matrices are tiny here: a second thread only waits, and on a busy machine it waits a long time."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def policy(X, Y, seed=0, zeros=0):
    """log p (X, Y), rewards with `zeros` zeros in each row, and some q that is zero wherever the reward is."""
    g = torch.Generator().manual_seed(seed)
    log_p = (2 * torch.randn(X, Y, generator=g, dtype=float64)).log_softmax(-1)
    r = torch.rand(X, Y, generator=g, dtype=float64)
    r[:, :zeros] = 0
    q = torch.rand(X, Y, generator=g, dtype=float64) * (r > 0)
    return log_p, r, q / q.sum(-1, keepdim=True)


# ------------------------------------------------------------------ EM


@pytest.mark.parametrize("zeros", [0, 3])
@pytest.mark.parametrize("seed", range(5))
def test_evidence_is_bound_plus_gap(seed, zeros):
    log_p, r, q = policy(7, 9, seed, zeros)
    left, right = em.log_evidence(log_p, r), em.elbo(log_p, r, q) + em.gap(log_p, r, q)
    assert (left - right).abs().max() < 1e-12 and (em.gap(log_p, r, q) > 0).all()


def test_divergence_is_torchs():
    log_p, _, q = policy(4, 6)
    other = torch.distributions.kl_divergence(
        torch.distributions.Categorical(q), torch.distributions.Categorical(logits=log_p)
    )
    torch.testing.assert_close(em.divergence(q, log_p), other)


def test_the_e_step_is_the_maximum():
    """There is no gap at the posterior, and none of a thousand other q has a larger bound."""
    log_p, r, _ = policy(1, 5, zeros=1)
    best = em.e_step(log_p, r)
    torch.testing.assert_close(em.elbo(log_p, r, best), em.log_evidence(log_p, r))
    others = torch.distributions.Dirichlet(torch.ones(4, dtype=float64)).sample((1000,))
    others = torch.cat([torch.zeros(1000, 1, dtype=float64), others], 1)
    assert (em.elbo(log_p.expand(1000, 5), r.expand(1000, 5), others) <= em.log_evidence(log_p, r) + 1e-12).all()


def test_the_slides_kl_is_one_up_to_the_normaliser():
    """-sum q log(q / q*) is the bound, q* sums to Z, and at the best q it is log Z and not 0."""
    log_p, r, q = policy(6, 8)
    q_star = log_p.exp() * r
    torch.testing.assert_close(-em.divergence(q, q_star.log()), em.elbo(log_p, r, q))
    torch.testing.assert_close(-em.divergence(em.e_step(log_p, r), q_star.log()), q_star.sum(-1).log())
    assert (em.divergence(em.e_step(log_p, r), q_star.log()) > 0.01).all()


def test_the_bound_is_minus_infinity_where_q_allows_the_impossible():
    log_p, r, _ = policy(1, 4, zeros=1)
    assert em.elbo(log_p, r, torch.full((1, 4), 0.25, dtype=float64)).item() == -math.inf


def test_nothing_to_reweight_is_refused():
    with pytest.raises(ValueError, match="nothing to reweight"):
        em.e_step(torch.zeros(2, 3).log_softmax(-1), torch.tensor([[0.0, 0, 0], [1, 0, 0]]))


def test_the_m_step_gradient_is_the_policy_gradient():
    """At theta = theta_t, the gradient of J = E[r log p] is that of the expected reward: REINFORCE."""
    g = torch.Generator().manual_seed(0)
    W = torch.randn(3, 5, generator=g, dtype=float64, requires_grad=True)
    x, r = torch.randn(4, 3, generator=g, dtype=float64), torch.rand(4, 5, generator=g, dtype=float64)
    (direct,) = torch.autograd.grad(((x @ W).softmax(-1) * r).sum(-1).mean(), W)
    now = (x @ W).softmax(-1).detach() * r  # weights, not normalised
    (weighted,) = torch.autograd.grad(-em.weighted_nll((x @ W).log_softmax(-1), now), W)
    torch.testing.assert_close(direct, weighted)


def test_sampled_weights_approach_the_posterior():
    """Rewards of draws, divided by their sum: the importance weights of q under p."""
    log_p, r, _ = policy(1, 4)
    y = torch.multinomial(log_p.exp(), 200_000, replacement=True, generator=runtime.seed(0))
    weights = em.sample_weights(r.gather(1, y))
    q = torch.zeros(1, 4, dtype=float64).scatter_add(1, y, weights)
    assert (q - em.e_step(log_p, r)).abs().max() < 5e-3
    assert em.sample_weights(torch.zeros(2, 3)).eq(0).all()


@pytest.mark.parametrize("by_question", [True, False])
def test_em_never_goes_down(by_question):
    """Neither the bound nor what it bounds; after an E-step they are equal. With a normaliser for each question, it
    bounds the mean log Z; with one for all, the log of the mean reward."""
    g = torch.Generator().manual_seed(1)
    features = torch.randn(12, 6, generator=g, dtype=float64)
    W = torch.zeros(6, 20, dtype=float64, requires_grad=True)
    r = (torch.rand(12, 20, generator=g, dtype=float64) < 0.15).to(float64)
    r[:, 0] = 0.1
    path = em.ascend(
        lambda: (features @ W).log_softmax(-1), [W], r, rounds=8, m_steps=20, lr=0.02, by_question=by_question
    )
    evidence, bound = [row["evidence"] for row in path], [row["bound"] for row in path]
    assert all(b >= a - 1e-9 for a, b in itertools.pairwise(evidence)) and evidence[-1] > evidence[0] + 0.5
    assert all(b >= a - 1e-9 for a, b in itertools.pairwise(bound))
    assert all(row["bound"] == pytest.approx(row["evidence"], abs=1e-10) for row in path if row["step"] == "E")
    assert all(row["bound"] < row["evidence"] for row in path if row["step"] == "M")
    reward = ((features @ W).softmax(-1) * r).sum(-1)
    final = reward.log().mean() if by_question else reward.mean().log()
    assert evidence[-1] == pytest.approx(final.item(), abs=1e-10)


def test_threshold_is_one_above_it():
    assert em.threshold(0.5)(torch.tensor([0.4, 0.5, 0.6])).tolist() == [0, 0, 1]


# ------------------------------------------------------------------ ROUGE-L

TEXTS = (
    "Give three tips for staying focused.", "give THREE tips, for falling asleep!", "", "the the the cat", "the cat",
    "Name 2 of the 10 planets - quickly", "naïve café", "a b c d e f g", "g f e d c b a", "It's a dog's life",
)  # fmt: skip


def test_rouge_is_the_packages():
    rouge_scorer = pytest.importorskip("rouge_score.rouge_scorer")
    scorer = rouge_scorer.RougeScorer(["rougeL"])
    seeds = [task.instruction for task in self_instruct.seed_tasks()]
    for a, b in [*itertools.product(TEXTS, TEXTS), *itertools.combinations(seeds, 2)]:
        assert rouge.rouge_l(a, b) == pytest.approx(scorer.score(a, b)["rougeL"].fmeasure, abs=1e-12), (a, b)


def test_lcs_is_the_longest_of_all_subsequences():
    rng = random.Random(0)
    for _ in range(50):
        a, b = ([rng.choice("abc") for _ in range(rng.randint(0, 7))] for _ in range(2))
        every = {s for n in range(len(a) + 1) for s in itertools.combinations(a, n)}
        also = {s for n in range(len(b) + 1) for s in itertools.combinations(b, n)}
        assert rouge.lcs(a, b) == max(map(len, every & also))


def test_nearest_of_nothing_is_zero():
    assert rouge.nearest("a b", []) == 0 and rouge.nearest("a b", ["c", "a b"]) == 1


# ------------------------------------------------------------------ problems


def test_every_rationale_ends_in_the_sum():
    rng = random.Random(0)
    for x in problems.column_questions([1, 2, 3], 40, 0):
        z = problems.columns(x)
        assert problems.right(x, z) and problems.right(problems.hinted(x), z)
        assert int("".join(step[0] for step in reversed(z.partition("=")[0].split(",")))) == problems.total(x) % 10 ** (
            (len(x) - 2) // 2
        )
    for x in problems.chain_questions(4, 40, 0):
        z = problems.chain(x, rng)
        assert problems.right(x, z) and problems.chain_holds(x, z)


def test_the_slides_example():
    assert problems.columns("47+85:") == "21,31=132" and problems.hinted("47+85:") == "47+85(132):"
    assert problems.right("47+85=", "132") and not problems.right("47+85=", "0132")


@pytest.mark.parametrize(
    "z", ["3+8=11,11+5=16", "3+8=12,12+5=17,17+9=26", "3+8=11,8+5=13,13+9=22", "", "x", "3+8+5+9=25,"]
)
def test_broken_chains_are_seen(z):
    assert not problems.chain_holds("3+8+5+9:", z)


def test_an_equation_that_is_false_is_no_path():
    assert problems.calculates("3+8+5:", "3+8=11,11+5=16") and problems.right("3+8+5:", "3+8=12,12+5=16")
    assert not problems.calculates("3+8+5:", "3+8=12,12+5=16") and not problems.calculates("3+8+5:", "3+8=11,11+4=15")


def test_what_is_tested_was_not_trained_on():
    for seed in (0, 1):
        sums = experiments.Sums.drawn(seed)
        assert not set(sums.test) & {*sums.validation, *sums.labelled, *sums.unlabelled}
        assert not set(sums.validation) & set(sums.unlabelled) and set(sums.labelled) <= set(sums.unlabelled)
        columns = experiments.Columns.drawn(seed)
        tested = {x for asked in columns.test.values() for x in asked}
        assert not tested & {*columns.questions, *(x for x, _ in columns.seeds)}
        assert not {problems.hinted(x) for x in tested} & {x for x, _ in columns.seeds}


# ------------------------------------------------------------------ writer and loops


class Parrot:
    """Replaces `write`: answers from a table, whatever the model."""

    def __init__(self, answers):
        self.answers = answers

    def __call__(self, model, questions, generator, length, temperature=1.0):
        return [self.answers[question] for question in questions]


def test_encoding_asks_for_answers_only():
    inputs, targets = writer.encode([("1+2=", "3"), ("10+20=", "30")])
    assert inputs.shape == targets.shape
    text = lambda row: writer.ALPHABET.decode(row[row != writer.IGNORE])
    assert [text(row) for row in targets] == ["3\n", "30\n"]
    assert writer.ALPHABET.decode(inputs[1]) == "10+20=30"


def test_log_likelihood_is_the_sum_over_tokens():
    model = writer.small(0)
    pairs = [("1+2=", "3"), ("10+20=", "30")]
    found = writer.log_likelihood(model, *(x.to(runtime.device()) for x in writer.encode(pairs)))
    for (x, y), value in zip(pairs, found):
        tokens = writer.ALPHABET.encode(x + y + "\n").to(value.device)
        log_p = model(tokens[None])[0][0].log_softmax(-1)
        exact = sum(log_p[i - 1, tokens[i]] for i in range(len(x), len(tokens)))
        torch.testing.assert_close(value, exact, rtol=1e-4, atol=1e-4)


def test_a_weight_of_zero_is_no_pair():
    model = writer.small(0)
    inputs, targets = (x.to(runtime.device()) for x in writer.encode([("1+2=", "3"), ("5+5=", "10")]))
    weight = torch.tensor([1.0, 0.0], device=runtime.device())
    both = writer.weighted_loss(model, (inputs, targets, weight))
    one = writer.weighted_loss(model, (inputs[:1], targets[:1], weight[:1]))
    torch.testing.assert_close(both, one)


def test_writing_in_batches_is_writing_alone():
    model = writer.small(0)
    questions = ["1+2=", "10+20=", "3+4=", "100+200="]
    together = writer.write(model, questions, runtime.seed(0), 5, temperature=0.0)
    assert together == [writer.write(model, [x], runtime.seed(0), 5, temperature=0.0)[0] for x in questions]
    assert all("\n" not in text for text in together)


def test_fine_tuning_leaves_the_model_and_learns():
    model = writer.small(0)
    before = [p.clone() for p in model.parameters()]
    pairs = [("1+2=", "3"), ("2+2=", "4"), ("5+5=", "10")]
    tuned, _ = writer.fine_tune(model, pairs, 60, runtime.seed(0), batch=8)
    assert all(torch.equal(a, b) for a, b in zip(before, model.parameters()))
    assert rest.mean_reward(tuned, [x for x, _ in pairs], problems.right, runtime.seed(0), 4) == 1
    with pytest.raises(ValueError, match="no sample was accepted"):
        writer.fine_tune(model, [], 1, runtime.seed(0))


def test_the_best_weights_on_the_way_are_kept():
    """A reward that falls after the second look: the weights of the second look come back."""
    rewards, states = iter([0.3, 0.9, 0.5, 0.2]), []

    def reward(model):
        states.append([p.clone() for p in model.parameters()])
        return next(rewards)

    tuned, _ = writer.fine_tune(writer.small(0), [("1+2=", "3")], 8, runtime.seed(0), reward=reward, every=2, batch=2)
    assert all(torch.equal(a, b) for a, b in zip(states[1], tuned.parameters()))


def test_accepted_are_those_with_a_reward():
    samples = [("a", "1", 1.0), ("a", "2", 0.0), ("a", "3", 0.5), ("a", "4", 1.0), ("b", "5", 0.0)]
    assert rest.accepted(samples) == ([("a", "1"), ("a", "3"), ("a", "4")], [1.0, 0.5, 1.0])
    assert rest.accepted(samples, most=1) == ([("a", "1")], [1.0])


def test_rest_em_learns_from_its_own_answers():
    """From a policy that is right now and then, on one-digit questions: the rounds are never given a true answer."""
    questions = problems.sums(1, 0)[:40]
    first, _ = writer.fine_tune(
        writer.small(0), [(x, str(problems.total(x))) for x in questions[:20]], 40, runtime.seed(0), batch=32
    )
    rounds = list(rest.rest_em(first, questions, problems.right, 2, 8, 60, runtime.seed(1), 3))
    sampled = [done.sampled for done in rounds]
    assert sampled[1] > sampled[0] + 0.1 and rounds[1].coverage >= rounds[0].coverage
    assert all(problems.right(x, y) for done in rounds for x, y in done.pairs)


def test_star_keeps_the_plain_question(monkeypatch):
    """First tries are kept where they are right, hinted ones elsewhere, and no model is trained on a hint."""
    asked = ["1+2:", "2+2:", "4+4:"]
    answers = {"1+2:": "30=3", "2+2:": "30=3", "4+4:": "0=1", "2+2(4):": "40=4", "4+4(8):": "70=7"}
    trained = []
    monkeypatch.setattr(star, "write", Parrot(answers))
    monkeypatch.setattr(star, "fine_tune", lambda base, pairs, *a, **k: (trained.append(pairs) or base, None))
    (done,) = star.star("base", asked, problems.right, problems.hinted, 1, 10, runtime.seed(0), 8, seeds=[("s", "z")])
    assert done.tried == [("1+2:", "30=3")] and done.told == [("2+2:", "40=4")]
    assert trained == [[("s", "z"), ("1+2:", "30=3"), ("2+2:", "40=4")]]
    (plain,) = star.star("base", asked, problems.right, None, 1, 10, runtime.seed(0), 8)
    assert plain.told == [] and plain.tried == done.tried


def test_distinct_is_by_equations_and_order():
    zs = ["1+2=3,3+4=7", "1+2=3, 3+4=7", "2+1=3,3+4=7", "3+4=7,1+2=3", "1+2=3,3+4=8"]
    right = lambda x, z: z.endswith(("7", "3"))
    assert rft.distinct("x", zs, right) == [zs[0], zs[2], zs[3]] and rft.distinct("x", zs, right, 1) == zs[:1]
    assert rft.augment([("x", zs[3])], [zs], right, 2) == [("x", zs[3]), ("x", zs[0])]


# ------------------------------------------------------------------ Self-Instruct


def test_seed_tasks_are_as_the_filter_wants_them():
    seeds = self_instruct.seed_tasks()
    assert len(seeds) == 32 and sum(task.classification for task in seeds) == 8
    for i, task in enumerate(seeds):
        others = [other.instruction for j, other in enumerate(seeds) if j != i]
        assert self_instruct.why_not(task.instruction, others) == "" and not self_instruct.broken(task)


@pytest.mark.parametrize(
    "text, why",
    [
        ("Sing!", "length"),
        ("word " * 61, "length"),
        ("- a list of things to do", "begins with no letter"),
        ("Describe the picture below.", "needs more than text"),
        ("Name the capital of this country.", "too like another"),
        ("Invent a holiday and say how it is celebrated.", ""),
    ],
)
def test_why_an_instruction_is_refused(text, why):
    assert self_instruct.why_not(text, [task.instruction for task in self_instruct.seed_tasks()]) == why


def test_prompts_show_eight_of_which_two_were_made_up():
    pool = self_instruct.Pool(self_instruct.seed_tasks())
    lines = self_instruct.instruction_prompt(pool, random.Random(0)).splitlines()
    assert lines[-1] == "9." and len(lines) == 11
    pool.made = ["made a", "made b", "made c"]
    assert self_instruct.instruction_prompt(pool, random.Random(0)).count("made") == 2


class Scribe:
    """Replaces a TextModel: writes the texts of a list, one after another."""

    def __init__(self, texts):
        self.texts, self.prompts = iter(texts), []

    def generate(self, prompts, *settings):
        self.prompts += prompts
        return [next(self.texts) for _ in prompts]


def test_the_pool_grows_by_what_is_new():
    pool = self_instruct.Pool(self_instruct.seed_tasks())
    model = Scribe([" Invent a holiday.", " Invent a holiday.", " Plot the data.", " Explain how a kettle works."])
    self_instruct.grow(pool, model, 4, seed=0, batch=2)
    assert pool.made == ["Invent a holiday.", "Explain how a kettle works."] and pool.sizes == [1, 2]
    assert pool.refused == {"too like another": 1, "needs more than text": 1}


def test_classifications_have_their_output_first():
    seeds = self_instruct.seed_tasks()
    model = Scribe([" spam\nInput: Win now!", " x"])
    (found,) = self_instruct.instances(model, ["Label it.", "And this."], True, seeds[-2:], 0)
    assert (found.input, found.output) == ("Win now!", "spam")
    assert model.prompts[0].endswith("Task: Label it.\nOutput:")
    model = Scribe([" none\nOutput: A poem\nof two lines"])
    (found,) = self_instruct.instances(model, ["Write a poem."], False, seeds[:2], 0)
    assert (found.input, found.output) == ("", "A poem")


@pytest.mark.parametrize("output", ["", "Do it.", "given", "again and " * 8])
def test_broken_instances_are_seen(output):
    assert self_instruct.broken(self_instruct.Task("Do it.", "given", output))


# ------------------------------------------------------------------ STOP


def test_proposals_are_programs():
    """A thousand edits of the seed improver: all can be parsed, and one of them turns it into a climber."""
    found = {stop_child.propose(stop.SEED, 1, random.Random(i)) for i in range(1000)}
    assert len(found) > 50
    for source in found:
        stop_child.refuse(source)
    assert stop.SEED.replace("propose(program, 1)", "propose(best, 1)") in found


@pytest.mark.parametrize("kind", stop_child.KINDS)
def test_tasks_can_be_improved(kind):
    task = stop.make_task(kind, 5)
    start = stop_child.utility(task, task["program"])
    best = start
    rng, program = random.Random(0), task["program"]
    for _ in range(200):
        new = stop_child.propose(program, 1, rng)
        value = stop_child.utility(task, new)
        if value >= best:
            program, best = new, value
    assert 0 <= start < best <= 1


def test_utilities_of_known_programs():
    cut = stop.make_task("cut", 1)
    sides = max(itertools.product("01", repeat=12), key=lambda s: stop_child.utility(cut, stop.LIST.format(",".join(s)))
                if s[0] == "0" and s[1:5] == ("1", "0", "1", "0") else -1)  # fmt: skip
    assert stop_child.utility(cut, stop.LIST.format(",".join(sides))) <= 1
    fit = {"kind": "fit", "x": [0, 1, 2], "y": [1, 3, 5]}
    assert stop_child.utility(fit, "def solve(x):\n    return 2*x + 1") == 1
    assert stop_child.utility(fit, "def solve(x):\n    return 2*x") == 0.5
    assert stop_child.utility({"kind": "partition", "stones": [3, 1, 2]}, "def solve():\n    return [1, 0, 0]") == 1
    clauses = {"kind": "clauses", "n": 2, "clauses": [[(0, 1), (1, 1)], [(0, 0)]]}
    assert stop_child.utility(clauses, "def solve():\n    return [1, 0]") == 0.5


def test_a_climber_beats_the_seed():
    climber = stop.SEED.replace("propose(program, 1)", "propose(best, 1)").replace("range(12)", "range(40)")
    assert stop.meta_utility(climber, stop.TRAIN, repeat=1) > stop.meta_utility(stop.SEED, stop.TRAIN, repeat=1) + 0.1


def test_the_budget_holds():
    """An improver that asks too often learns nothing more: everything is worth 0 from then on."""
    greedy = stop.SEED.replace("range(12)", "range(60)")
    asked = []
    stop_child.improved(
        greedy, stop.make_task("cut", 1)["program"], lambda s: asked.append(s) or 1.0, 10, random.Random(0)
    )
    assert len(asked) == 10
    with pytest.raises(stop_child.Stopped):
        stop_child.improved(stop.SEED.replace("range(12)", "range(99999)"), "def f():\n    return 1", lambda s: 0.0, 10,
                            random.Random(0))  # fmt: skip


ESCAPES = {
    "import": "def solve():\n    import os\n    return os.listdir()",
    "attribute": "def solve():\n    return ().__class__.__bases__[0].__subclasses__()",
    "hidden name": "def solve():\n    return __builtins__",
    "open": "def solve():\n    return open('/etc/passwd')",
    "eval": "def solve():\n    return eval('1')",
    "try": "def solve():\n    try:\n        return 1\n    except:\n        return 0",
    "lambda": "def solve():\n    return (lambda: 1)()",
    "power": "def solve():\n    return 9 ** 9 ** 9",
    "format": "def solve():\n    return f'{1}'",
    "endless": "def solve():\n    while True:\n        pass",
    "memory": "def solve():\n    return [0] * 100000000000000000",
    "recursion": "def solve():\n    return solve()",
}


@pytest.mark.parametrize("name", ESCAPES)
def test_a_program_that_tries_to_get_out_is_worth_nothing(name, monkeypatch):
    monkeypatch.setattr(stop_child, "SECONDS", 0.2)
    task = {"kind": "fit", "x": [0], "y": [1]}
    source = ESCAPES[name].replace("solve()", "solve(x)", 1).replace("return solve()", "return solve(x)")
    assert stop_child.utility(task, source) == 0


def in_child(code):
    """What happens to a line of Python under the sandbox's limits alone, when its text is not read first."""
    script = (
        f"import sys; sys.path.insert(0, {str(sandbox.CHILD.parent)!r}); import socket, os\nimport stop_child\n"
        f"stop_child.limit(2, 512)\ntry:\n    {code}\n    print('got through')\nexcept OSError:\n    print('stopped')"
    )
    done = subprocess.run([sys.executable, "-I", "-S", "-c", script], capture_output=True, text=True, timeout=20)
    return done.stdout.strip()


@pytest.mark.parametrize(
    "code", ["socket.socket()", "open('/etc/hostname')", "os.open('/tmp/x', os.O_CREAT)", "os.pipe()"]
)
def test_limits_leave_no_socket_and_no_file(code):
    assert in_child(code) == "stopped"
    assert in_child("pass") == "got through"


def test_the_clock_ends_what_does_not_end(monkeypatch, tmp_path):
    sleeper = tmp_path / "sleeper.py"
    sleeper.write_text("import time\ntime.sleep(60)")
    monkeypatch.setattr(sandbox, "CHILD", sleeper)
    with pytest.raises(sandbox.Failed, match="by the clock"):
        sandbox.run({}, seconds=0.1)
    sleeper.write_text("raise SystemError('broken')")
    with pytest.raises(sandbox.Failed, match="broken"):
        sandbox.run({})


def test_an_improver_that_never_ends_is_worth_nothing():
    endless = "def improve(program, utility, propose):\n    while 1 > 0:\n        program = program"
    request = {"do": "meta", "improver": endless, "tasks": stop.TRAIN[:1], "budget": 5, "seed": 0}
    assert sandbox.run(request)["value"] == 0


def test_a_round_returns_an_improver():
    request = {"do": "round", "by": stop.SEED, "improver": stop.SEED, "tasks": stop.TRAIN[:1], "budget": 8,
               "meta_budget": 6, "seed": 3}  # fmt: skip
    reply = sandbox.run(request, seconds=20)
    assert reply["source"].startswith("def improve(") and 1 < len(reply["tried"]) <= 6
    assert json.loads(json.dumps(reply)) == reply == sandbox.run(request, seconds=20)


def test_what_stops_an_improver_is_said():
    """Text, built-ins, memory, budget: each wall by its own words, and a harmless program is worth something."""
    begin = "def improve(program, utility, propose):\n    "
    found = {
        "Import is not allowed": "import os\n    return program",
        "Attribute is not allowed": "return ().__class__",
        "NameError: name 'open'": "return open('/etc/passwd')",
        "MemoryError": "return [0] * 100000000000",
        "asked far too often": "while 1 > 0:\n        value = utility(program)",
        "must return a text": "return 7",
    }
    for why, body in found.items():
        outcome = stop.attempt(begin + body)
        assert outcome["value"] == 0 and why in outcome["why"], outcome
    outcome = stop.attempt(stop.SEED)
    assert outcome["value"] > 0 and outcome["why"] == ""


def test_a_winner_takes_over_only_if_it_is_better_on_fresh_draws(monkeypatch):
    """The search returns "lucky", then "good"; both looked best to it, and only one is."""
    worth = {stop.SEED: 0.5, "lucky": 0.4, "good": 0.6}
    drawn = []
    monkeypatch.setattr(stop, "_round", lambda by, source, seed: ("lucky" if seed % 2000 else "good", 3))
    monkeypatch.setattr(
        stop, "meta_utility", lambda source, tasks, seed=0, repeat=4: drawn.append((seed, repeat)) or worth[source]
    )
    last = lambda checked: [step.source for step in stop.stop(3, 0, checked=checked)]
    assert last(checked=True) == [stop.SEED, stop.SEED, "good", "good"]
    fresh = {seed for seed, repeat in drawn if repeat == stop.FRESH}
    assert len(fresh) == 3 and not fresh & {seed for seed, repeat in drawn if repeat != stop.FRESH}
    assert last(checked=False) == [stop.SEED, "lucky", "good", "lucky"]


def test_doses_are_different_right_paths():
    for question in ("3+8+5:", "19+1+2:", "1+2+3:"):
        paths = experiments._paths(question, 8, random.Random(0))
        assert len(rft.distinct(question, paths, problems.calculates)) == 8
        assert all(problems.chain_holds(question, z) for z in paths)


def test_more_draws_come_nearer_to_the_e_step():
    p, r = torch.tensor([0.4, 0.25, 0.2, 0.1, 0.05]), torch.tensor([0.2, 0.6, 0.1, 0.9, 0.7])
    errors = list(experiments.errors_of_draws(p, r, (10, 100, 1000, 10_000)).values())
    assert errors == sorted(errors, reverse=True) and errors[-1] < 0.02
