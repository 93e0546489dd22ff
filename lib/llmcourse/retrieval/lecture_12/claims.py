"""The claims of lecture 12, each put to the test on the questions of its record.

Differences are paired: the same question under two conditions. Shares are of questions, log-probabilities in nats a
token. The smallest effects worth seeing: 0.05 of the questions, 0.01 nats a token for a stride, 0.1 nats for a place.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from ...figures import Claim, Shown, claims
from ...verdicts import improved, mean, paired, together, told, verdict
from .. import position

SHARE, STRIDE, PLACE = 0.05, 0.01, 0.1  # smallest effects worth seeing


def verdicts(reading: Mapping, reranking: Mapping, outdated: Mapping, changes: Mapping[str, Tensor],
             by_stride: Mapping[int, Tensor], placing: Mapping) -> Shown:  # fmt: skip
    """What became of the claims.

    reading    condition -> per question, whether the answer was right (few-shot, countries)
    reranking, outdated, placing   the records 12_rerank, 12_outdated and 12_position
    changes    what is read -> change of the loss, one number per text
    by_stride  stride -> loss, one number per text
    """
    return claims(
        [
            _knowledge(reading),
            _reranking(reranking["measures"]),
            _more_passages(reading),
            _perplexity(changes, by_stride),
            _middle(placing),
            _corpus(outdated["rows"]),
        ]
    )


def _knowledge(reading: Mapping[str, Sequence[float]]) -> Claim:
    gain = paired(reading["dense, 1 passage"], reading["closed book"])
    return Claim(
        "Retrieval gives a model knowledge that it does not have",
        told(first_passage_by_vectors_against_closed_book=gain),
        verdict(gain, over=0, worth=SHARE),
    )


def _reranking(measures: Mapping[str, Mapping[str, Sequence[float]]]) -> Claim:
    first = {name: row["recall@1"] for name, row in measures.items()}
    gains = {
        "over_the_order_that_it_was_given": paired(first["query likelihood"], first["fused"]),
        "over_vectors_alone": paired(first["query likelihood"], first["dense"]),
    }
    return Claim(
        "Reranking with a language model improves a ranking",
        f"recall@1 by query likelihood, {told(**gains)}",
        improved(SHARE, **gains),
        "Vectors alone are hard to beat on short passages, and a model of 135 million parameters finds a question "
        "likely after anything on the same country.",
    )


def _more_passages(reading: Mapping[str, Sequence[float]]) -> Claim:
    one = reading["reranked, 1 passage"]
    gains = {
        order: paired(reading[f"3 passages, {order.replace('_', ' ')}"], one) for order in ("best_first", "best_last")
    }
    return Claim(
        "More passages help",
        f"three against one, {told(**gains)}",
        improved(SHARE, **gains),
        "The model copies from what stands nearest to the question.",
    )


def _perplexity(changes: Mapping[str, Tensor], by_stride: Mapping[int, Tensor]) -> Claim:
    change = changes["2025, without the paragraph itself"]
    passage, shorter = mean(change.tolist()), paired(by_stride[4].tolist(), by_stride[64].tolist())
    return Claim(
        "A passage in front lowers perplexity, and a shorter stride lowers it more",
        f"nats a token, {told(a_passage=passage, stride_4_against_64=shorter)}; the median paragraph changes by "
        f"{change.median().item():+.3f}, with a random passage by {changes['a random passage'].median().item():+.3f}",
        together(a_passage=verdict(passage, under=0), a_shorter_stride=verdict(shorter, under=0, worth=-STRIDE)),
        "It pays where the corpus repeats what is written. Whether looking more often helps, these texts do not tell.",
    )


def _middle(placing: Mapping) -> Claim:
    fifths = position.by_part(torch.tensor(placing["lists"]["20"]["log_prob"]), 5)
    passages = torch.tensor(placing["documents"]["log_prob"])
    gaps = {
        "first_in_a_list": paired(fifths[:, 0].tolist(), fifths[:, 2].tolist()),
        "last_in_a_list": paired(fifths[:, 4].tolist(), fifths[:, 2].tolist()),
        "first_passage": paired(passages[:, 0].tolist(), passages[:, passages.shape[1] // 2].tolist()),
        "last_passage": paired(passages[:, -1].tolist(), passages[:, passages.shape[1] // 2].tolist()),
    }
    return Claim(
        "What stands in the middle of a context is used least",
        f"log p against the middle, {told(**gaps)}",
        improved(PLACE, **gaps),
        "On lists both ends are above the middle. On real passages nearer is better, and the far end does not recover.",
    )


def _corpus(rows: Mapping[str, Mapping[str, Sequence[float]]]) -> Claim:
    gain = paired(rows["countries 2025"]["now"], rows["countries 2015"]["now"])
    return Claim(
        "Exchanging the corpus exchanges the answers",
        told(answers_of_2025_after_reading_2025_against_2015=gain),
        verdict(gain, over=0, worth=SHARE),
    )
