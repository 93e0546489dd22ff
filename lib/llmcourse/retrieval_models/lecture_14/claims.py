"""The claims of lecture 14, each put to the test. Differences are paired by seed.

The smallest effects worth seeing: 0.05 of the questions in recall@1 or of the answers that follow the index, 0.1 bits
per letter on made-up texts, 0.03 bits per subword on real ones, 0.1 nats per answer.
"""

from collections.abc import Mapping, Sequence

from ...figures import Claim, Shown, claims
from ...verdicts import exact, improved, mean, paired, together, told, verdict

SHARE, BITS, REAL, NATS = 0.05, 0.1, 0.03, 0.1  # smallest effects worth seeing


def verdicts(
    latent: Mapping, prose: Mapping, radit: Mapping, halves: Mapping, leaks: int,
    bits: Mapping[str, Mapping[str, Sequence[float]]],
) -> Shown:  # fmt: skip
    """What became of the claims.

    latent, prose, radit, halves   the records of these names
    leaks                          how many outputs moved that must not, in all perturbations
    bits                           what was read -> "copied" and "new" -> bits per letter
    """
    return claims(
        [
            _latent(latent),
            _editions(latent),
            _causal(leaks),
            _neighbours(bits),
            _prose(prose),
            _lsr(radit),
            _halves(halves),
        ]
    )


def _recall(latent: Mapping, arm: str, when: str = "after", part: str = "test") -> list[float]:
    return [run[when][part] for run in latent["runs"][arm]]


def _latent(latent: Mapping) -> Claim:
    learned = _recall(latent, "latent")
    gain = paired(learned, _recall(latent, "latent", "before"))
    labels, top = paired(learned, _recall(latent, "labels")), paired(_recall(latent, "latent, top k"), learned)
    control = paired(*(_recall(latent, "another's reader", when) for when in ("after", "before")))
    return Claim(
        "REALM: the reader's gradient teaches the retriever which documents are useful",
        f"recall@1, {told(over_the_start=gain, against_labels=labels, top_k_against_all=top, control=control)}",
        together(
            learns=verdict(gain, over=0, worth=SHARE),
            as_well_as_from_labels=verdict(labels, over=-SHARE),
            from_the_top_k_of_an_old_index=verdict(top, over=-SHARE),
            not_from_another_questions_reader=verdict(control, under=SHARE),
        ),
    )


def _editions(latent: Mapping) -> Claim:
    years = ("2015", "2025")
    follows = {
        when: [sum(one[when][year]["follows"] for year in years) / 2 for one in latent["editions"]]
        for when in ("before", "after")
    }
    recall = {year: [one["after"][year]["recall"] for one in latent["editions"]] for year in years}
    right, gain, older = (
        mean(follows["after"], 0, 1),
        paired(follows["after"], follows["before"]),
        paired(*recall.values()),
    )
    return Claim(
        "REALM: what is known can be exchanged after training, with the index",
        f"answers that follow the index, {told('.2f', share=right)}; {told(over_the_start=gain)}; "
        f"recall@1, {told(older_against_newer_index=older)}",
        together(
            answers_follow=verdict(right, over=0.5, worth=0.5 + SHARE),
            more_than_untrained=verdict(gain, over=0, worth=SHARE),
            found_as_well_in_an_index_never_trained_on=verdict(older, over=-SHARE),
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
        "In these texts nothing but copying can help.",
    )


def _prose(prose: Mapping) -> Claim:
    """Against strays, which have the same parameters: by how much can be copied, and with another database."""
    row = lambda arm, band="all": [run[band] for run in prose["runs"][arm]]
    changed = lambda name: [run[name]["all"] for run in prose["changed"]]
    saved = {band: paired(row("stray", band), row("near", band)) for band in ("all", "little", "most")}
    more = paired(*([a - b for a, b in zip(row("stray", band), row("near", band))] for band in ("most", "little")))
    others = paired(row("stray"), changed("others"))
    larger = paired(changed("10%"), row("near"))
    return Claim(
        "RETRO: neighbours make real text cheaper, and a larger database more so",
        f"bits per subword saved against the same model with strays, "
        f"{told('+.3f', **saved, most_over_little=more)}; without the country itself in the database, "
        f"{told('+.3f', saved=others)}; by the whole database over a tenth of it, {told('+.3f', saved=larger)}",
        together(
            cheaper=verdict(saved["all"], over=0, worth=REAL),
            most_where_it_can_be_copied=verdict(more, over=0, worth=REAL),
            even_without_the_country_itself=verdict(others, over=0, worth=REAL),
            more_with_a_larger_database=verdict(larger, over=0, worth=REAL),
        ),
    )


def _lsr(radit: Mapping) -> Claim:
    recall = lambda arm, when="after": [one["test"] for one in radit["recall"][arm][when]]
    arms = {"tau_0.01": "LSR of p, tau 0.01", "tau_0.001": "LSR of p, tau 0.001", "logarithms": "LSR of log p"}
    gains = {name: paired(recall(arm), recall(arm, "before")) for name, arm in arms.items()}
    latent = paired(recall("LSR of log p"), recall("latent, one side"))
    return Claim(
        "RA-DIT: the language model's likelihoods teach the retriever",
        f"recall@1 over the start, {told(**gains)}; {told(logarithms_against_REALM=latent)}",
        together(
            **{name: verdict(gain, over=0, worth=SHARE) for name, gain in gains.items()},
            logarithms_as_well_as_REALM=verdict(latent, over=-SHARE),
        ),
    )


def _halves(halves: Mapping) -> Claim:
    cells = halves["cells"]["test"]
    gains = {
        "reader": paired(cells["reader"], cells["neither"]),
        "retriever": paired(cells["retriever"], cells["neither"]),
        "both_over_the_better_half": paired(
            cells["both"], [max(pair) for pair in zip(cells["reader"], cells["retriever"])]
        ),
    }
    return Claim(
        "RA-DIT: each half helps, and both together more",
        f"nats per answer, {told(**gains)}",
        improved(NATS, **gains),
        "The reader's half is a single number here: how far it trusts its passage.",
    )
