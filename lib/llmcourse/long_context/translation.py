"""chrF: how near a translation is to a reference, by the characters that they share.

    n      length of an n-gram, 1 to ORDER         match_n  n-grams in both, each at most as often as in either
    hyp_n  n-grams of the hypothesis               ref_n    n-grams of the reference

    P = mean over n of match_n / hyp_n             R = mean over n of match_n / ref_n
    chrF = 100 (1 + BETA^2) P R / (BETA^2 P + R)

Popović 2015, "chrF: character n-gram F-score for automatic MT evaluation", section 3. White space is no character. Only
lengths of which both texts have n-grams are in the means. BETA = 2: recall counts four times as much as precision.
Tanzer et al. 2024 (MTOB, "A benchmark for learning to translate a new language from one grammar book"), sec. 4, judge
translations into Kalamang by it.
"""

from collections import Counter
from collections.abc import Sequence

ORDER, BETA = 6, 2.0


def n_grams(text: str, n: int) -> Counter:
    """How often each sequence of n characters stands in a text; white space is left out first."""
    text = "".join(text.split())
    return Counter(text[i : i + n] for i in range(len(text) - n + 1))


def counts(hypothesis: str, reference: str) -> list[tuple[int, int, int]]:
    """(match, hyp, ref) for each n from 1 to ORDER. Raises ValueError for an empty reference."""
    if not reference.strip():
        raise ValueError("The reference is empty: nothing can be near to it. Give the translation that is right.")
    both = [(n_grams(hypothesis, n), n_grams(reference, n)) for n in range(1, ORDER + 1)]
    # Where the reference has no n-grams, those of the hypothesis do not count either, as in sacrebleu.
    return [((hyp & ref).total(), hyp.total() if ref else 0, ref.total()) for hyp, ref in both]


def f_score(counted: Sequence[tuple[int, int, int]], beta: float = BETA) -> float:
    """0 to 100 from (match, hyp, ref) by n."""
    counted = [(match, hyp, ref) for match, hyp, ref in counted if hyp and ref]
    if not any(match for match, _, _ in counted):
        return 0.0
    P = sum(match / hyp for match, hyp, _ in counted) / len(counted)
    R = sum(match / ref for match, _, ref in counted) / len(counted)
    return 100 * (1 + beta**2) * P * R / (beta**2 * P + R)


def chrf(hypothesis: str, reference: str) -> float:
    """chrF of one sentence, 0 to 100."""
    return f_score(counts(hypothesis, reference))


def corpus_chrf(hypotheses: Sequence[str], references: Sequence[str]) -> float:
    """chrF of many sentences: their counts are added up first, so that a long one weighs more."""
    if not hypotheses or len(hypotheses) != len(references):
        raise ValueError(
            f"{len(hypotheses)} translations for {len(references)} references: one each, and at least one."
        )
    every = [counts(h, r) for h, r in zip(hypotheses, references)]
    return f_score([tuple(map(sum, zip(*of_n))) for of_n in zip(*every)])
