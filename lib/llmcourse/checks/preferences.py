"""Lab 01, learning from preferences: the public half of its exercises.

W (n, n)       wins: W_ij times i beat j; the diagonal does not count      gamma, r (n,)  ratings, log-ratings
first, second  (B, L)  predicted rewards of the steps of two segments      mu (B,)  1, 0 or 0.5: who was preferred
samples (B, n) scores of B bootstraps                                      Phi  a potential, before and after a step
"""

import torch

from .exercise import Exercise, Lab


def _games(n, spread=1.0, own=0.0):
    """Wins among n players, each pair at least once each way, with `own` on the diagonal; and ratings."""

    def make(generator):
        W = torch.randint(1, 9, (n, n), generator=generator).float()
        W = W - torch.diag(W.diagonal()) + own * torch.eye(n)
        return {"W": W, "r": spread * torch.randn(n, generator=generator)}

    return make


def _far_apart(generator):
    r = torch.tensor([150.0, -20.0, -130.0]) + torch.randn(3, generator=generator)
    return {"W": torch.tensor([[0.0, 3.0, 2.0], [1.0, 0.0, 4.0], [2.0, 1.0, 0.0]]), "r": r}


def _probe_likelihood(answer, inputs):
    return {"log-likelihood": answer(inputs["W"], inputs["r"])}


def _rated(n, own=0.0):
    def make(generator):
        drawn = _games(n, own=own)(generator)
        return {"W": drawn["W"], "gamma": drawn["r"].exp()}

    return make


def _one_never_meets(generator):
    """Two players who never met each other, only a third."""
    W = torch.randint(1, 9, (3, 3), generator=generator).float() * (1 - torch.eye(3))
    W[0, 1] = W[1, 0] = 0.0
    return {"W": W, "gamma": torch.randn(3, generator=generator).exp()}


def _probe_update(answer, inputs):
    return {"gamma": answer(inputs["W"], inputs["gamma"])}


def _with_ties(n, nu, spread=1.0):
    def make(generator):
        return {"r": spread * torch.randn(n, generator=generator), "nu": torch.tensor(nu)}

    return make


def _probe_ties(answer, inputs):
    return {"p": answer(inputs["r"], inputs["nu"])}


def _segments(B, L, answers=(1.0, 0.0, 0.5)):
    def make(generator):
        draw = lambda: torch.randn(B, L, generator=generator)
        mu = torch.tensor([answers[k % len(answers)] for k in range(B)])
        return {"first": draw(), "second": draw(), "mu": mu}

    return make


def _probe_segments(answer, inputs):
    loss, first, second = answer(inputs["first"], inputs["second"], inputs["mu"])
    return {"loss": loss, "slope by the first": first, "slope by the second": second}


def _ratings(n, anchor, at):
    def make(generator):
        r = torch.randn(n, generator=generator)
        return {"r": r, "anchor": torch.tensor(anchor), "at": torch.tensor(at)}

    return make


def _probe_elo(answer, inputs):
    return {"scores": answer(inputs["r"], int(inputs["anchor"]), float(inputs["at"]))}


def _bootstraps(B, n, gap=30.0):
    def make(generator):
        scores = 1000 - gap * torch.arange(n) + 25 * torch.randn(B, n, generator=generator)
        return {"samples": scores[:, torch.randperm(n, generator=generator)]}

    return make


def _skewed(generator):
    """Scores that spread further to one side."""
    samples = 1000 + 40 * torch.randn(60, 5, generator=generator).exp() - 45 * torch.arange(5)
    return {"samples": samples[:, torch.randperm(5, generator=generator)]}


def _probe_ranks(answer, inputs):
    low, high, best, worst = answer(inputs["samples"])
    return {"low": low, "high": high, "best rank": best.double(), "worst rank": worst.double()}


def _steps(T, ends=()):
    """T steps; those in `ends` end an episode, wherever they lead."""

    def make(generator):
        done = torch.zeros(T)
        done[list(ends)] = 1.0
        reward = torch.randn(T, generator=generator)
        Phi, Phi_next = torch.randn(T, generator=generator), 2 + torch.randn(T, generator=generator)
        return {"reward": reward, "Phi": Phi, "Phi_next": Phi_next, "done": done, "discount": torch.tensor(0.9)}

    return make


def _probe_shaping(answer, inputs):
    names = ("reward", "Phi", "Phi_next", "done")
    return {"reward": answer(*(inputs[name] for name in names), float(inputs["discount"]))}


LAB = Lab(
    slug="01_preferences",
    title="Learning from preferences",
    open_task=6,
    deny=("choix", "scipy", "statsmodels"),
    exercises=(
        Exercise(
            name="bt-likelihood",
            title="How likely are these games?",
            answer="log_likelihood",
            parameters=("W", "r"),
            points=3,
            difficulty=2,
            minutes=10,
            cases={
                "three players": _games(3),
                "wins against oneself do not count": _games(3, own=50.0),
                "ratings far apart: no probability may underflow": _far_apart,
                "eight players": _games(8),
            },
            probe=_probe_likelihood,
            gradients=("r",),
            hints=(
                "With r = log gamma, P(i beats j) = sigmoid(r_i - r_j). All pairs at once: `r[:, None] - r`.",
                "W_ij counts the games that i won. Each of them adds the logarithm of its probability, once.",
                "`torch.sigmoid(-150)` is 0, and its logarithm minus infinity: `torch.nn.functional.logsigmoid` "
                "does both in one step.",
                "Leave the diagonal out: `(W * (1 - torch.eye(len(r))) * logs).sum()`.",
            ),
        ),
        Exercise(
            name="mm-update",
            title="One step uphill, without a step size",
            answer="mm_update",
            parameters=("W", "gamma"),
            points=4,
            difficulty=3,
            minutes=15,
            cases={
                "three players": _rated(3),
                "wins against oneself do not count": _rated(3, own=20.0),
                "two who never met": _one_never_meets,
                "six players": _rated(6),
            },
            probe=_probe_update,
            gradients=(),
            hints=(
                "Above the line stands how many games i won, against anybody: a sum over the columns of W.",
                "Below it, over all j: the games of i and j, `W + W.mT`, divided by gamma_i + gamma_j of *before*.",
                "Take the diagonal out of W first, or everybody plays against himself.",
                "Last, divide by the geometric mean: `new / new.log().mean().exp()`.",
            ),
        ),
        Exercise(
            name="davidson-ties",
            title="A model that can say: no preference",
            answer="outcomes",
            parameters=("r", "nu"),
            points=3,
            difficulty=2,
            minutes=10,
            cases={
                "two players": _with_ties(2, 1.0),
                "four players, ties are common": _with_ties(4, 3.0),
                "ties are rare": _with_ties(3, 0.1),
            },
            probe=_probe_ties,
            gradients=("r", "nu"),
            hints=(
                "Three weights for every pair: gamma_i, nu sqrt(gamma_i gamma_j), gamma_j. Their sum is D_ij.",
                "gamma = e^r; i runs over rows, `gamma[:, None]`, and j over columns, `gamma[None, :]`.",
                "gamma_i alone has one shape and the root another: `gamma[:, None].expand(n, n)`.",
                "`weights = torch.stack([win, tie, loss], dim=-1)`, divided by `weights.sum(-1, keepdim=True)`.",
            ),
        ),
        Exercise(
            name="preference-gradient",
            title="What an answer tells the reward of a step",
            answer="preference_gradient",
            parameters=("first", "second", "mu"),
            points=4,
            difficulty=3,
            minutes=15,
            cases={
                "three comparisons, one a tie": _segments(3, 4),
                "segments of one step": _segments(3, 1),
                "ties alone": _segments(4, 3, answers=(0.5,)),
                "many comparisons": _segments(12, 6),
            },
            probe=_probe_segments,
            hints=(
                "A segment counts by its sum: `lead = first.sum(-1) - second.sum(-1)`, and p = sigmoid(lead).",
                "The loss is minus the sum of `mu * logsigmoid(lead) + (1 - mu) * logsigmoid(-lead)`.",
                "d loss / d lead = p - mu. And d lead / d (a reward of the first) is 1 for every one of its steps.",
                "`(p - mu)[:, None].expand_as(first)` for the first; the opposite sign for the second.",
            ),
        ),
        Exercise(
            name="elo-scale",
            title="Elo's scale",
            answer="to_elo",
            parameters=("r", "anchor", "at"),
            points=2,
            difficulty=1,
            minutes=8,
            cases={
                "four players": _ratings(4, 0, 1000.0),
                "the anchor is the last": _ratings(5, 4, 1490.0),
            },
            probe=_probe_elo,
            gradients=("r",),
            hints=(
                "On Elo's scale 400 points are odds of ten to one; on the scale of r, odds of e to one are 1.",
                "Odds of ten to one are ln 10 on the scale of r, so a unit of r is 400 / ln 10 points.",
                "Then shift all by the same number: `scores - scores[anchor] + at`.",
            ),
        ),
        Exercise(
            name="rank-ranges",
            title="A leaderboard that knows what it does not know",
            answer="rank_ranges",
            parameters=("samples",),
            points=4,
            difficulty=3,
            minutes=15,
            cases={
                "six models": _bootstraps(60, 6),
                "three models, far apart": _bootstraps(40, 3, gap=200.0),
                "scores that spread to one side": _skewed,
            },
            probe=_probe_ranks,
            hints=(
                "The interval of a model: `torch.quantile(samples, q, dim=0)` at q = 0.025 and q = 0.975.",
                "j is surely above i when low_j > high_i: `above = low[None, :] > high[:, None]`, row i, column j.",
                "best = 1 + how many are surely above: a sum over columns.",
                "worst = n - how many are surely below: i is above j in row j, a sum over rows, `above.sum(0)`.",
            ),
        ),
        Exercise(
            name="potential-shaping",
            title="Help that changes nothing",
            answer="shaped_reward",
            parameters=("reward", "Phi", "Phi_next", "done", "discount"),
            points=3,
            difficulty=2,
            minutes=10,
            cases={
                "five steps": _steps(5),
                "the last step ends the episode": _steps(5, ends=(4,)),
                "two episodes": _steps(8, ends=(3, 7)),
            },
            probe=_probe_shaping,
            hints=(
                "Add discount times the potential after the step, and subtract the potential before it.",
                "Where an episode ends, nothing follows: the potential after the step is 0, whatever Phi_next says.",
                "`(1 - done)` multiplies Phi_next, not the reward and not Phi.",
            ),
        ),
    ),
)
