"""The claims of lecture 14, each put to the test. Differences are paired by seed.

The smallest effects worth seeing: 0.05 of the questions in recall@1, 0.1 bits per letter, 0.1 nats per answer.
"""

from collections.abc import Mapping, Sequence

from ...figures import Claim, Shown, claims
from ...verdicts import exact, improved, paired, together, told, verdict

RECALL, BITS, NATS = 0.05, 0.1, 0.1  # smallest effects worth seeing


def verdicts(
    start: Sequence[float], recall: Mapping[str, Sequence[float]], leaks: int,
    bits: Mapping[str, Mapping[str, Sequence[float]]], halves: Mapping[str, Sequence[float]],
) -> Shown:  # fmt: skip
    """What became of the claims.

    start   recall@1 before training, seed by seed
    recall  arm -> recall@1 after it
    leaks   how many outputs moved that must not, in all perturbations
    bits    what was read -> "copied" and "new" -> bits per letter
    halves  "neither", "reader", "retriever", "both" -> log p(y | x)
    """
    return claims([_latent(start, recall), _causal(leaks), _neighbours(bits), _lsr(start, recall), _halves(halves)])


def _latent(start: Sequence[float], recall: Mapping[str, Sequence[float]]) -> Claim:
    gain = paired(recall["latent"], start)
    labels, top = paired(recall["latent"], recall["labels"]), paired(recall["latent, top k"], recall["latent"])
    control = paired(recall["another's reader"], start)
    return Claim(
        "REALM: the reader's gradient teaches the retriever which documents are useful",
        f"recall@1, {told(over_the_start=gain, against_labels=labels, top_k_against_all=top, control=control)}",
        together(
            learns=verdict(gain, over=0, worth=RECALL),
            as_well_as_from_labels=verdict(labels, over=-RECALL),
            from_the_top_k_of_an_old_index=verdict(top, over=-RECALL),
            not_from_another_questions_reader=verdict(control, under=RECALL),
        ),
    )


def _causal(leaks: int) -> Claim:
    return Claim(
        "RETRO: chunked cross-attention keeps the model causal",
        f"outputs that move before they may, in all perturbations: {leaks}",
        verdict(exact(leaks), under=1),
    )


def _neighbours(bits: Mapping[str, Mapping[str, Sequence[float]]]) -> Claim:
    gains = {kind: paired(bits["strays"][kind], bits["neighbours"][kind]) for kind in ("copied", "new")}
    return Claim(
        "RETRO: neighbours make the text cheaper",
        f"bits per letter saved against the same model with strays, {told(**gains)}",
        improved(BITS, **gains),
        "In these texts nothing but copying can help; what is new costs a little more, since the model hopes to copy.",
    )


def _lsr(start: Sequence[float], recall: Mapping[str, Sequence[float]]) -> Claim:
    gains = {
        "as published": paired(recall["LSR of p, tau 0.01"], start),
        "with logarithms": paired(recall["LSR of log p"], start),
    }
    named = {name.replace(" ", "_"): gain for name, gain in gains.items()}
    return Claim(
        "RA-DIT: the language model's likelihoods teach the retriever",
        f"recall@1 over the start, {told(**named)}",
        improved(RECALL, **named),
        "The answers' probabilities are small here, so their softmax at tau = 0.01 is flat: the retriever is taught to "
        "have no preference.",
    )


def _halves(halves: Mapping[str, Sequence[float]]) -> Claim:
    gains = {
        "reader": paired(halves["reader"], halves["neither"]),
        "retriever": paired(halves["retriever"], halves["neither"]),
        "both over the better half": paired(
            halves["both"], [max(pair) for pair in zip(halves["reader"], halves["retriever"])]
        ),
    }
    named = {name.replace(" ", "_"): gain for name, gain in gains.items()}
    return Claim(
        "RA-DIT: each half helps, and both together more",
        f"nats per answer, {told(**named)}",
        improved(NATS, **named),
        "The reader's half is a single number here: how far it trusts its passage.",
    )
