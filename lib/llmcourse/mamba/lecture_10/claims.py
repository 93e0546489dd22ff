"""The claims of lecture 10, each put to the test on its record. Differences are paired: the same seed in two arms."""

from collections.abc import Mapping, Sequence

from ...figures import Claim, Shown, claims
from ...verdicts import exact, improved, mean, together, told, verdict
from ..experiments import EQUAL, TWICE
from . import runs

# Smallest effects worth seeing: shares of right tokens or answers, of right digits, Dice, nats per character.
COPIED, RIGHT, DIGITS, DICE, NATS = 0.1, 0.1, 0.01, 0.01, 0.02


def sequences(copying: Mapping, induction: Mapping, language: Mapping, published: Mapping[str, float],
              carried: Sequence[int], kept: Mapping[str, int]) -> Shown:  # fmt: skip
    """What became of the claims on sequences.

    copying, induction, language   the records 10_copying, 10_induction, 10_language
    published  implementation -> how far its logits are from ours, in units of their size; empty if not installed
    carried    numbers that Mamba carries after a short and after a long context
    kept       form of the scan -> bytes kept for the backward pass
    """
    return claims(
        [
            _copying(copying["runs"], copying["noise"]),
            _induction(induction["runs"]),
            _published(published, carried),
            _memory(kept),
            _language(language["runs"]),
            _experts(language["runs"]),
        ]
    )


def pictures(sight: Mapping) -> Shown:
    """What became of the claims on pictures, in the record 10_vision."""
    register = sight["register"]
    return claims(
        [
            _better(
                "Vision Mamba: reading both ways classifies better than one way",
                sight["classify"]["runs"], "Vision Mamba: two ways, token in the middle", DIGITS,
                {"one_way_with_the_token_in_the_middle": "one way, token in the middle",
                 "one_way_with_the_token_at_the_end": "one way, token at the end"},
                "In the middle of one way the token never sees the second half. At its end it sees all.",
            ),
            _better(
                "Four ways across the grid classify better than one", sight["classify"]["runs"],
                "VMamba: four ways on the grid, convolution, mean", DIGITS,
                {"one_way": "one way on the grid, convolution, mean"},
                "No test of VMamba: here each way is a whole block with a quarter of the parameters. That the three "
                "differences are equal is chance; 360 digits leave each share uncertain by 0.02.",
            ),
            _better(
                "U-Mamba segments better than a U-Net of the same size", sight["lines"]["runs"], "U-Mamba", DICE,
                {"U-Net": "U-Net", "a_level_deeper": "U-Net, one level more"},
                "It wins where what decides is beyond the reach of the convolutions.",
            ),
            _better(
                "SegMamba's three orders segment volumes better than a U-Net of the same size",
                sight["columns"]["runs"], "SegMamba", DICE,
                {"U-Net": "U-Net", "a_level_deeper": "U-Net, one level more"},
                "One seed of three has not learned to look far; the other two are level with the deeper U-Net.",
            ),
            _better(
                "Vivim's three orders segment what moved better than networks without a scan",
                sight["videos"]["runs"], "ViViM", DICE,
                {"frame_by_frame": "U-Net, frame by frame", "convolutions_through_time": "U-Net, through time"},
                "Scans let frames meet; so do convolutions through time, which got further with each seed.",
            ),
            _registers(register["before"], runs.finals(register["runs"], "MambaMorph")),
            _better(
                "... better than without the scan", register["runs"], "MambaMorph", DICE, {"U-Net": "U-Net"},
                "A displacement is seen near its place.",
            ),
        ]
    )  # fmt: skip


def _better(claim: str, found: runs.Runs, ours: str, worth: float, rivals: Mapping[str, str], why: str) -> Claim:
    """The claim that one arm's last score is above those of its rivals, part -> arm, each by `worth`."""
    gains = {part: runs.gain(found, ours, rival) for part, rival in rivals.items()}
    measured = told("+.3f", **{f"against_{part}": gain for part, gain in gains.items()})
    return Claim(claim, measured, improved(worth, **gains), why)


def _copying(found: runs.Runs, noise: int) -> Claim:
    gains = {
        "at_equal_steps": runs.gain(found, "Mamba", "S4D", EQUAL),
        "S4D_with_twice_the_steps": runs.gain(found, "Mamba", "S4D", EQUAL, TWICE),
    }
    return Claim(
        "A selective scan copies selectively, a time-invariant one in the same block does not",
        f"tokens copied, Mamba over S4D, {told('+.2f', **gains)}",
        improved(COPIED, **gains),
        f"Four tokens among {noise}; the paper has sixteen among 4,096, and trains a thousand times longer.",
    )


def _induction(found: runs.Runs) -> Claim:
    far = lambda name: mean([run["lengths"]["4096"] for run in runs.of(found, name)], 0, 1)
    reached = {
        "Mamba": far("Mamba"),
        "attention_with_rotary_positions": far("attention, rotary"),
        "attention_without_a_code": far("attention"),
    }
    return Claim(
        "Mamba solves induction at 64 times its training length, attention does not",
        f"share right at 4,096, {told('.2f', **reached)}",
        together(
            Mamba_goes_on=verdict(reached["Mamba"], over=1 - RIGHT),
            rotary_attention_does_not=verdict(reached["attention_with_rotary_positions"], under=0.5),
            nor_does_attention_without_a_code=verdict(reached["attention_without_a_code"], under=0.5),
        ),
        "Attention behind a convolution, without a position code, goes on. Whether Mamba does depends on the seed: 400 "
        "steps are few.",
    )


def _published(published: Mapping[str, float], carried: Sequence[int]) -> Claim:
    growth = exact(carried[-1] / carried[0])
    parts = {"constant_memory": verdict(growth, over=0, under=1.001)}
    if published:
        parts["same_numbers"] = verdict(exact(max(published.values())), under=1e-3)
    far = "; ".join(f"{name} {error:.0e}" for name, error in published.items()) or "transformers is not installed"
    return Claim(
        "The block gives the numbers of the published implementation, and generates at constant memory",
        f"logits differ, in units of their size, by: {far}; carried after the longest context: {growth.value:g} times "
        "what is carried after the shortest",
        together(**parts),
    )


def _memory(kept: Mapping[str, int]) -> Claim:
    share = exact(kept["chunked"] / kept["sequential"])
    return Claim(
        "The scan need not keep its states for training",
        f"kept for the backward pass: {kept['chunked'] / 1e6:.1f} MB, {share.value:.0%} of what the loop keeps",
        verdict(share, under=0.1),
    )


def _language(found: runs.Runs) -> Claim:
    lower = {
        "at_equal_steps": runs.gain(found, "attention", "Mamba", "equal steps"),
        "at_equal_seconds": runs.gain(found, "attention", "Mamba", "equal seconds", "equal steps"),
    }
    return Claim(
        "Mamba models language better than a transformer of the same size",
        f"loss lower than attention's, nats per character, {told('+.3f', **lower)}",
        improved(NATS, **lower),
        "A minute of training, on characters, at one learning rate; on a CPU, where the scan is slow.",
    )


def _experts(found: runs.Runs) -> Claim:
    lower = runs.gain(found, "Mamba + MLP", "MoE-Mamba, 8 experts", "equal steps")
    return Claim(
        "MoE-Mamba reaches a lower loss with as many active parameters",
        f"loss lower than with one MLP, nats per character: {lower.told('+.3f')}",
        verdict(lower, over=0, worth=NATS),
        "In 100 steps each expert has seen an eighth of the tokens; the paper trains far longer.",
    )


def _registers(before: float, after: Sequence[float]) -> Claim:
    rise = mean([value - before for value in after])
    return Claim(
        "A U-Net with one scan, MambaMorph's idea, registers: Dice rises",
        f"from {before:.3f} by {rise.told('+.3f')}",
        verdict(rise, over=0, worth=0.1),
    )
