"""The claims of lecture 05, each put to the test.

Differences are paired: by seed where networks or improvers are trained, by task where losses on texts are compared.
The smallest effects worth seeing: 0.05 of the questions, 0.05 of meta-utility (which is between 0 and 1), 0.1 nats a
token. What must be equal is so to 1e-8.
"""

from collections.abc import Mapping, Sequence
from statistics import fmean, median

from ...figures import Claim, Shown, claims
from ...verdicts import exact, improved, mean, paired, share, together, told, verdict

SHARE, META, NATS = 0.05, 0.05, 0.1  # smallest effects worth seeing
EXACT = 1e-8


def verdicts(errors: Mapping[str, float], rises: Sequence[float], policy_error: float,
             found: Mapping[str, Mapping]) -> Shown:  # fmt: skip
    """What became of the claims.

    errors        of the identities of the bound, by name
    rises         what each M-step added to the evidence
    policy_error  relative distance of the gradient of J from that of the expected reward
    found         name of a record, without its number, -> what it has measured
    """
    return claims(
        [
            _bound(errors),
            _ascent(rises, policy_error),
            _rest_em(found["rest"]["runs"]),
            _by_heart(found["rest"]["runs"]),
            _star(found["star"]["runs"]),
            _paths(found["dose"]["runs"], found["rft"]["runs"]),
            _different(found["rft"]["runs"]),
            _pool(found["instruct"]),
            _made_up(found["rotation"]["losses"]),
            _stop(found["stop_checked"]["runs"]),
            _fresh_draws(found["stop_checked"]["runs"], found["stop"]["runs"]),
        ]
    )


# ------------------------------------------------------------------ the bound


def _bound(errors: Mapping[str, float]) -> Claim:
    return Claim(
        "The evidence is the bound plus a divergence from the posterior, which is q* divided by its sum",
        f"{len(errors)} identities, for three choices of q, hold to {max(errors.values()):.0e}",
        verdict(exact(max(errors.values())), under=EXACT),
    )


def _ascent(rises: Sequence[float], policy_error: float) -> Claim:
    return Claim(
        "Each round of EM climbs, and the M-step of Algorithm 1 starts out along the policy gradient",
        f"the smallest rise by an M-step is {min(rises):+.1e}, of {len(rises)}; gradients {policy_error:.0e} apart",
        together(climbs=verdict(exact(min(rises)), over=0), gradient=verdict(exact(policy_error), under=EXACT)),
    )


# ------------------------------------------------------------------ ReST-EM


def _rest_em(runs: Sequence[Mapping]) -> Claim:
    test = [[row["test"] for row in run["rows"]] for run in runs]
    rise = paired([curve[3] for curve in test], [curve[0] for curve in test])
    fourth = paired([curve[4] for curve in test], [curve[3] for curve in test])
    return Claim(
        "ReST-EM: accuracy rises for two or three rounds, then stops",
        f"share of test questions right, {told(after_three_rounds=rise, what_the_fourth_adds=fourth)}",
        together(rises=verdict(rise, over=0, worth=SHARE), stops=verdict(fourth, under=SHARE)),
    )


def _by_heart(runs: Sequence[Mapping]) -> Claim:
    ahead = mean([fmean(row["train"] - row["test"] for row in run["rows"][1:]) for run in runs])
    return Claim(
        "ReST-EM overfits: on questions that it has trained on, the policy runs ahead",
        f"accuracy on the training questions minus that on test questions, {told(mean_of_the_rounds=ahead)}",
        verdict(ahead, over=0, worth=SHARE),
    )


# ------------------------------------------------------------------ STaR and RFT


def _star(runs: Sequence[Mapping]) -> Claim:
    last = lambda arm: [fmean(run["arms"][arm][-1]["test"]) for run in runs]
    gain = paired(last("with"), last("without"))
    rounds = len(runs[0]["arms"]["with"]) - 1
    return Claim(
        "STaR: with rationalisation a model learns faster",
        f"accuracy after {rounds} rounds, mean of one and two digits, {told(with_hints_minus_without=gain)}",
        verdict(gain, over=0, worth=SHARE),
        "The first model was trained on questions with the answer told, too, so it could use a hint much better than "
        "it could add.",
    )


def _paths(dose: Sequence[Mapping], drawn: Sequence[Mapping]) -> Claim:
    at = lambda runs, i: [run["rows"][i]["test"] for run in runs]
    gains = {name: paired(at(runs, -1), at(runs, 0)) for name, runs in (("given", dose), ("drawn", drawn))}
    few = fmean(run["rows"][-1]["paths"] for run in drawn)
    return Claim(
        "RFT: more distinct paths make a better model",
        f"accuracy, {dose[0]['rows'][-1]['paths']} paths a question against one, {told(given=gains['given'])}; "
        f"{few:.1f} paths that the model drew itself against one, {told(drawn=gains['drawn'])}",
        together(**{name: verdict(gain, over=0, worth=SHARE) for name, gain in gains.items()}),
        "The model's own draws were right too rarely, and too often the same, to make many distinct paths.",
    )


def _different(drawn: Sequence[Mapping]) -> Claim:
    gain = paired([run["rows"][-1]["test"] for run in drawn], [run["repeated"] for run in drawn])
    return Claim(
        "RFT: what helps is that the paths differ, not that there are more draws",
        f"accuracy, distinct paths against right draws with their repeats, {told(difference=gain)}",
        verdict(gain, over=0, worth=SHARE),
        "With as few paths as here, the two sets hold nearly the same ones.",
    )


# ------------------------------------------------------------------ Self-Instruct


def _pool(run: Mapping) -> Claim:
    new, readable = share(len(run["made"]), run["asked"]), share(len(run["tasks"]), len(run["made"]))
    return Claim(
        "Self-Instruct: a pool of tasks grows from a model's own proposals",
        told(".2f", share_of_proposals_that_enter=new, share_of_these_with_an_instance_that_can_be_read=readable),
        together(enters=verdict(new, over=0.5), can_be_read=verdict(readable, over=0.5)),
        "What can be read need not be right, as the table of instances shows.",
    )


def _made_up(losses: Mapping[str, Sequence[float]]) -> Claim:
    gain = paired(losses["seeds"], losses["seeds and made up"])
    human = paired(losses["untuned"], losses["seeds"])
    middle = median(a - b for a, b in zip(losses["seeds"], losses["seeds and made up"]))
    return Claim(
        "Self-Instruct: a model gets better by tasks that it made up",
        f"nats a token saved on human outputs, {told(by_human_tasks=human, by_the_made_up_ones_on_top=gain)}; "
        f"the median task gains {middle:+.2f} by the made-up ones",
        verdict(gain, over=0, worth=NATS),
        "Human tasks help, so it is not the tuning. A model of 135 million parameters answers most of its own tasks "
        "wrongly, and they take half of the steps from the human ones.",
    )


# ------------------------------------------------------------------ STOP


def _stop(runs: Sequence[Mapping]) -> Claim:
    first, last = (held_out(runs, recursive=True, at=t) for t in (0, -1))
    gains = {"improves": paired(last, first), "recursion": paired(last, held_out(runs, recursive=False))}
    return Claim(
        "STOP: an improver that is applied to itself gets better, on tasks that it was not chosen by, and better than "
        "by the seed improver's work",
        f"meta-utility after {len(runs[0]['steps']) - 1} rounds, {told(against_the_seed=gains['improves'])}; "
        f"{told(against_the_seed_improver_doing_the_rounds=gains['recursion'])}",
        improved(META, **gains),
        "Proposals are random edits here, and no language model's. Several edits at once make the tasks' programs "
        "better and break an improver's own text.",
    )


def _fresh_draws(checked: Sequence[Mapping], unchecked: Sequence[Mapping]) -> Claim:
    rounds = len(checked[0]["steps"]) - 1
    gain = paired(held_out(checked, recursive=True), held_out(unchecked, recursive=True, at=rounds))
    return Claim(
        "The recursion needs a check on fresh draws (ours, not the paper's)",
        f"meta-utility after {rounds} rounds, {told(with_the_check_minus_without=gain)}",
        verdict(gain, over=0, worth=META),
        "Without it one run of five got worse. What holds the recursion back is another thing: see the edits.",
    )


def held_out(runs: Sequence[Mapping], recursive: bool, at: int = -1) -> list[float]:
    """Meta-utility on tasks that nothing was chosen by, after round `at`, one number per seed."""
    return [run["steps"][at]["held_out"] for run in runs if run["recursive"] == recursive]
