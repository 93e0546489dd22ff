"""The claims of lecture 06, each put to the test.

The bounds of the sinks were committed before the record 06_sinks was made (that one sink helps was added after it);
those of sparsity and of far questions were chosen after a pilot. Differences are paired: the same text.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from ...figures import Claim, Shown, claims
from ...verdicts import Estimate, exact, mean, paired, share, together, told, verdict
from ..experiments import Far
from .measures import World

ROUNDING = 1e-9  # in float64
LINEAR = 1.3  # times the growth of the length, at most
KEYS, MASS, LAYERS, NEARBY = 32, 0.8, 0.5, 0.5  # a layer is sparse if so many keys hold so much of the mass
HARM, HARMLESS = 0.2, 0.1  # nats a token: a loss that matters, and one that does not
SETS = 2.0  # times the square root of L, at most
SHORT, TIGHT = 1.5, 0.4  # times a random graph's path at most; share of the ring's clustering at least
FOUND, LOST = 0.9, 0.6  # shares of right answers: almost all, and no more than what is near and guessing


def verdicts(same: Mapping[str, float], growth: Sequence[float], numbers: Sequence[float],
             fields: Mapping[int, Tensor], reached: Mapping[str, float], sets: Mapping[int, int],
             worlds: Sequence[World], sparsity: Mapping, losses: Mapping[str, Tensor],
             answered: Mapping[str, Far]) -> Shown:  # fmt: skip
    """What became of the claims.

    same       pattern -> distance of the engine from torch's attention under the mask, float64
    growth     of a window's time over that of the length, by round; numbers, of the largest tensor
    fields     layers -> receptive field of a WaveNet (L,)
    reached    pattern -> share of the past that is reached in two steps
    sets       L -> keys of the largest set of the strided pattern with stride sqrt(L)
    worlds     BigBird's graph without its ends, by seed
    sparsity   the record 06_sparsity
    losses     of the record 06_sinks, once the window is full: form -> (texts, places)
    answered   pattern -> what a model that was trained with it answers
    """
    return claims(
        [
            _longformer(same, growth, numbers),
            _wavenet(fields),
            _sparse_transformer(reached, sets),
            _learned(sparsity),
            _local(sparsity),
            _small_world(worlds),
            _sinks(losses),
            _random_links(answered),
        ]
    )


def _longformer(same: Mapping[str, float], growth: Sequence[float], numbers: Sequence[float]) -> Claim:
    worst, time, size = exact(max(same.values())), mean(growth, least=0), exact(max(numbers))
    return Claim(
        "Attention in a window takes time and memory linear in the length, and gives what a mask gives",
        f"{len(same)} patterns differ from torch by {worst.value:.0e}, gradients too; four times the tokens: "
        f"time over 4 is {time.told()}, the largest tensor over 4 is {size.told()}",
        together(
            same_outputs=verdict(worst, under=ROUNDING),
            time=verdict(time, under=LINEAR),
            memory=verdict(size, under=LINEAR),
        ),
    )


def _wavenet(fields: Mapping[int, Tensor]) -> Claim:
    wrong = exact(sum(int(field.sum()) != 2**n for n, field in fields.items()))
    sizes = ", ".join(str(int(field.sum())) for field in fields.values())
    return Claim(
        "The receptive field of dilated convolutions doubles with every layer: it is 2^n",
        f"by gradients, {min(fields)} to {max(fields)} layers: {sizes}",
        verdict(wrong, under=0.5),
    )


def _sparse_transformer(reached: Mapping[str, float], sets: Mapping[int, int]) -> Claim:
    least = exact(min(reached.values()))
    size = exact(max(n / L**0.5 for L, n in sets.items()))
    return Claim(
        "Strided and fixed heads reach any token before in two steps, with O(sqrt(L)) keys each",
        f"by powers of the matrix {least.value:.0%} of the past; the largest set is {size.told()} times sqrt(L) "
        f"at most, from {min(sets)} to {max(sets):,} tokens",
        together(reach=verdict(least, over=0.9999), sets=verdict(size, under=SETS)),
    )


def by_layer(sparsity: Mapping, name: str) -> Tensor:
    """A measure of the record 06_sparsity: (texts, layers), means over heads."""
    return torch.tensor(sparsity["by text and layer"][name])


def _learned(sparsity: Mapping) -> Claim:
    layers = by_layer(sparsity, f"top {KEYS}") >= MASS
    share = mean(layers.float().mean(1).tolist(), 0, 1)
    return Claim(
        "A dense model that was trained attends sparsely in most layers",
        f"share of SmolLM2's layers in which {KEYS} of {sparsity['L'] // 2} to {sparsity['L']} keys hold {MASS} of the "
        f"mass: {share.told()}",
        verdict(share, over=LAYERS),
    )


def _local(sparsity: Mapping) -> Claim:
    near = mean(by_layer(sparsity, "window 64").mean(1).tolist(), 0, 1)
    return Claim(
        "And what it attends to is near",
        f"mass on the last 64 keys: {near.told()}",
        verdict(near, over=NEARBY),
        "Much of the mass lies on the first token, however far away it is.",
    )


def _small_world(worlds: Sequence[World]) -> Claim:
    path, cluster = mean([w.path_by_random for w in worlds]), mean([w.clustering for w in worlds])
    return Claim(
        "Window and random links are a small world: paths close to a random graph's, clustering far above it",
        f"path over a random graph's: {path.told()}; clustering over the ring's: {cluster.told()}",
        together(short_paths=verdict(path, under=SHORT), clustering=verdict(cluster, over=TIGHT)),
    )


def gaps(losses: Mapping[str, Tensor]) -> dict[str, Estimate]:
    """By form: its loss over that of full attention, in nats a token; one number a text."""
    row = lambda name: losses[name].mean(1).tolist()
    return {name: paired(row(name), row("full")) for name in losses if name != "full"}


def _sinks(losses: Mapping[str, Tensor]) -> Claim:
    gap = gaps(losses)
    row = lambda name: losses[name].mean(1).tolist()
    gain = paired(row("window"), row("window, 1 sink"))
    chosen = {"a window": gap["window"], "and 1 sink": gap["window, 1 sink"], "and 4 sinks": gap["window, 4 sinks"]}
    chosen |= {"and 4 others": gap["window, 4 others"], "one sink gains": gain}
    return Claim(
        "A window breaks a model that was trained without one; with the first tokens kept it is as good as ever",
        "loss over full attention's, nats a token, "
        + told(**{name.replace(" ", "_"): estimate for name, estimate in chosen.items()}),
        together(
            window_breaks=verdict(gap["window"], over=HARM),
            one_sink_helps=verdict(gain, over=HARM),
            four_others_do_not=verdict(gap["window, 4 others"], over=HARM),
            one_sink_is_as_good_as_all_keys=verdict(gap["window, 1 sink"], under=HARMLESS),
            four_are=verdict(gap["window, 4 sinks"], under=HARMLESS),
        ),
        "What is further back than the window is missing, and some texts need it.",
    )


def share_right(one: Far, asked: int = 512) -> tuple[float, float, float]:
    """The share of right answers of one model, with the ends of its interval over the sequences that were asked: the
    questions in a sequence have one answer, and count as one draw."""
    estimate = share(round(one.right * asked), asked)
    return estimate.value, estimate.low, estimate.high


def _random_links(answered: Mapping[str, Far]) -> Claim:
    links, alone, first = (
        Estimate(*share_right(answered[name]), 512)
        for name in ("window and random", "window", "window, first tokens global")
    )
    return Claim(
        "Random links let a model answer what a window, or global tokens at the beginning, cannot reach",
        f"share of right answers, {told('.2f', random_links=links, window=alone, first_tokens_global=first)}",
        together(
            random_links=verdict(links, over=FOUND),
            window_does_not=verdict(alone, under=LOST),
            first_tokens_do_not=verdict(first, under=LOST),
        ),
        "One model for each pattern: the intervals are over sequences, not over seeds.",
    )
