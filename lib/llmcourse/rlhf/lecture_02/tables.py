"""The tables of lecture 02: what was measured, in rows."""

from collections.abc import Mapping

import torch
from torch import Tensor

from ...figures import Shown, table
from ...verdicts import mean
from .. import penalty, prose
from .. import prose_experiments as writing
from ..enumeration import kl
from ..reward_model import RewardModel
from .claims import final


def estimated(log_pi: Tensor, log_ref: Tensor) -> dict[str, tuple[float, float]]:
    """Mean and standard deviation of each estimator under a policy over all texts (Y,), and the KL itself."""
    p, u = log_pi.exp(), log_pi - log_ref
    found = {"KL": (kl(log_pi, log_ref).item(), 0.0)}
    for name in ("k1", "k2", "k3"):
        k = getattr(penalty, name)(u)
        at = (p * k).sum()
        found[name] = (at.item(), (p * (k - at).square()).sum().sqrt().item())
    return found


def estimators(by_policy: Mapping[str, Mapping[str, tuple[float, float]]]) -> Shown:
    """Mean and deviation of k1, k2, k3, near the reference and far from it."""
    header = ["estimator", *(f"{name}: {what}" for name in by_policy for what in ("mean", "deviation of a sample"))]
    rows = [
        [name, *(f"{v:.3f}" for found in by_policy.values() for v in found[name])]
        for name in next(iter(by_policy.values()))
    ]
    return table(rows, header, "nats; KL itself in the first row")


def cosine(a: Tensor, b: Tensor) -> float:
    """Of the angle between two gradients; 0 if one of them is nothing but rounding."""
    return 0.0 if a.norm() < 1e-5 * b.norm() else torch.cosine_similarity(a.flatten(), b.flatten(), dim=0).item()


def pulls(found: Mapping[str, Tensor], wanted: Tensor, turned: Tensor) -> Shown:
    """The gradients of estimators with samples held fixed, against those of the two KLs."""
    rows = [
        (f"{name} in the loss", *(f"{v:.3f}" for v in (g.norm() / wanted.norm(), cosine(g, wanted), cosine(g, turned))))
        for name, g in found.items()
    ]
    header = [
        "estimator",
        "length, grad KL(pi, ref) = 1",
        "cosine with grad KL(pi, ref)",
        "cosine with grad KL(ref, pi)",
    ]
    return table(rows, header, "the mean gradient over all samples of the policy that is far from the reference")


def gradients(found: Mapping[str, Tensor], right: Tensor, size: Mapping[str, float]) -> Shown:
    """The mean gradient of each method, against that of J, and the root mean square of the weights that it averages."""
    rows = [
        (name, f"{cosine(g, right):.3f}", f"{g.norm() / right.norm():.2f}", f"{size[name]:.2f}")
        for name, g in found.items()
    ]
    header = ["method", "cosine with grad J", "length, grad J = 1", "size of a weight"]
    return table(rows, header, "means over many batches of eight texts")


def methods(record: Mapping) -> Shown:
    """KL to the optimum over batches, and J, for every method of the record."""
    names = list(dict.fromkeys(run["method"] for run in record["runs"]))
    rows = []
    for name in names:
        measured = [run["measured"] for run in record["runs"] if run["method"] == name]
        left = [f"{mean([m[i][1] for m in measured]).value:.3f}" for i in (1, 2)]
        end = mean(final(record["runs"], name), least=0)
        spent, J = (mean([m[-1][i] for m in measured]).value for i in (2, 3))
        rows.append((name, *left, f"{end.value:.3f} ({end.low:.3f} to {end.high:.3f})", f"{spent:.2f}", f"{J:.2f}"))
    best = [mean([b[key] for b in record["best"]]).value for key in ("spent", "J")]
    rows.append(("the optimum", *["0.000"] * 3, *(f"{v:.2f}" for v in best)))
    header = ["method", "after 50 batches", "200", "1,000 (95 % interval)", "KL from the reference", "J"]
    return table(rows, header, f"KL to the optimum, nats; mean of {len(record['best'])} worlds, beta {record['beta']}")


def written(texts: Tensor, shown: int) -> Shown:
    """The first of some texts (N, 1 + T), with their gold, and the mean of all."""
    gold = prose.gold(texts[:, 1:])
    rows = [(*_words(text), f"{g:+.0f}") for text, g in zip(texts[:shown], gold.tolist())]
    return table(rows, ["topic", "answer", "gold"], f"mean gold of {len(texts)} answers: {gold.mean():.2f}")


def before_and_after(reward: RewardModel, models: Mapping[str, Tensor], shown: int) -> Shown:
    """Answers of two models to the same topics, with means of proxy and gold."""
    means = {
        name: f"proxy {writing.scored(reward, texts).mean():+.2f}, gold {prose.gold(texts[:, 1:]).mean():+.2f}"
        for name, texts in models.items()
    }
    rows = [
        (_words(same[0])[0], *(_words(text)[1] for text in same)) for same in zip(*(t[:shown] for t in models.values()))
    ]
    return table(rows, ["topic", *models], "; ".join(f"{name}: {told}" for name, told in means.items()))


def _words(text: Tensor) -> tuple[str, str]:
    world = prose.prose()
    return world.words[text[0]], world.write(text[1:])
