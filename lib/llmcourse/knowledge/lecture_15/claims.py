"""The claims of lecture 15, each with its bounds, and what became of them.

The bounds stood here before anything was measured: the smallest effects worth seeing. Differences are paired, over
seeds where there are several (readers, masks), else over questions.
"""

from collections.abc import Mapping, Sequence

from ...figures import Claim, Shown, claims
from ...verdicts import improved, paired, share, together, told, verdict
from ..live_experiments import Completed, Harvest

MASKS = 0.05  # recall of held-out facts: entity masks over basic ones
GRAPH = 0.10  # accuracy: QA-GNN over the same network without edges, for each number of steps
RELEVANCE = 0.03  # accuracy: QA-GNN over the same network without relevance
JOINT = 0.03  # accuracy: JointLK over QA-GNN
PRUNING = 0.03  # accuracy that pruning may cost
TRIPLES = 0.10  # accuracy: triples in the prompt over three passages
EVIDENCE = 0.10  # accuracy: chain of knowledge with verification over without
CAUGHT, ALARMED = 0.9, 0.1  # shares of wrong triples caught, of right ones called wrong
FAITHFUL = 0.9  # share of answers with a path that exists and leads to them
HITS = 0.05  # hits among five: COMET over the commonest tails of the relation
PAIRS = 0.10  # precision: weighted paraphrases over the first prompt


def verdicts(
    masks: Mapping,
    readers: Mapping,
    systems: Mapping[str, Mapping],
    planning: Mapping[str, Sequence[Mapping]],
    caught: Mapping[float, Mapping],
    comet: Completed,
    bertnet: Harvest,
) -> Shown:
    """What became of the claims.

    masks, readers  the records 15_masks and 15_readers      systems  name -> row of reading_experiments
    planning        kind of question -> rows of live_experiments.planned
    caught          share of triples missing -> policy -> (caught, alarmed)
    """
    return claims(
        [
            _masks(masks),
            _graph(readers),
            _relevance(readers),
            _joint(readers),
            _triples(systems),
            _evidence(systems),
            _caught(caught),
            _faithful(planning),
            _comet(comet),
            _bertnet(bertnet),
        ]
    )


def by_seed(record: Mapping, arm: str, hops: int = 0) -> list[float]:
    """Accuracy of an arm seed by seed, on all questions or on those of so many steps."""
    kept = [i for i, h in enumerate(record.get("hops", ())) if not hops or h == hops]
    rows = [run["right"] for run in record["runs"] if run["arm"] == arm]
    return [sum(row[i] for i in kept or range(len(row))) / len(kept or row) for row in rows]


def _masks(record: Mapping) -> Claim:
    """Recall is what was to be measured; the log-probability was looked at afterwards, and decides nothing."""
    gain = paired(by_seed(record, "entity"), by_seed(record, "basic"))
    nats = {arm: [run["nats"] for run in record["runs"] if run["arm"] == arm] for arm in ("entity", "basic")}
    return Claim(
        "ERNIE: hiding whole entities helps to recall them",
        told(recall_of_held_out_facts_over_basic_masks=gain),
        verdict(gain, over=0, worth=MASKS),
        "Few names are recalled whole after so few steps. Seen afterwards, and no verdict: log P of the pieces, "
        f"{told(over_basic_masks_in_nats=paired(nats['entity'], nats['basic']))}.",
    )


def _graph(record: Mapping) -> Claim:
    names = {1: "one_step", 2: "two_steps", 3: "three_steps"}
    gains = {n: paired(by_seed(record, "QA-GNN", h), by_seed(record, "no graph", h)) for h, n in names.items()}
    return Claim(
        "QA-GNN: with the graph, questions of several steps are answered that a network without it can't answer",
        f"over no graph, {told(**gains)}",
        improved(GRAPH, **gains),
    )


def _relevance(record: Mapping) -> Claim:
    gain = paired(by_seed(record, "QA-GNN"), by_seed(record, "GNN"))
    return Claim(
        "QA-GNN: relevance scored by a language model helps",
        told(over_the_same_network_without_relevance=gain),
        verdict(gain, over=0, worth=RELEVANCE),
        "Relevance decides where a subgraph is full of what does not matter; these are small, and all on paths.",
    )


def _joint(record: Mapping) -> Claim:
    pruned, every, others = (by_seed(record, arm) for arm in ("JointLK", "JointLK, all nodes", "QA-GNN"))
    gain, without, cost = paired(pruned, others), paired(every, others), paired(every, pruned)
    return Claim(
        "JointLK: tokens that attend to nodes improve on QA-GNN, and pruning costs nothing",
        told(over_QA_GNN=gain, over_QA_GNN_without_pruning=without, what_pruning_costs=cost),
        together(
            better=verdict(gain, over=0, worth=JOINT),
            better_without_pruning=verdict(without, over=0, worth=JOINT),
            pruning_is_free=verdict(cost, under=PRUNING),
        ),
        "A path breaks with the first node that is dropped, and these subgraphs have nothing to spare.",
    )


def _triples(rows: Mapping[str, Mapping]) -> Claim:
    gain, over_one = (paired(rows["triples"]["right"], rows[other]["right"]) for other in ("3 passages", "1 passage"))
    return Claim(
        "Structured triples in the prompt make answers more accurate than passages (Peng et al.)",
        told(over_three_passages=gain),
        verdict(gain, over=0, worth=TRIPLES),
        "Three passages are worse than one here, and neither form gets this model of 135 million parameters much "
        f"beyond one step. Seen afterwards, and no verdict: {told(over_one_passage=over_one)}.",
    )


def _evidence(rows: Mapping[str, Mapping]) -> Claim:
    gains = {
        "over_chain_of_thought": paired(rows["chain of knowledge"]["right"], rows["chain of thought"]["right"]),
        "verified_over_not": paired(rows["chain of knowledge, verified"]["right"], rows["chain of knowledge"]["right"]),
    }
    return Claim(
        "Chain of knowledge: evidence triples improve answers, and verification improves them further",
        told(**gains),
        improved(EVIDENCE, **gains),
        "The model does not know the facts that it would have to write.",
    )


def _caught(found: Mapping[float, Mapping]) -> Claim:
    """The strictest policy, a closed world, on the graph that lacks most."""
    caught, alarmed = found[max(found)]["closed world"]
    return Claim(
        "Verification finds wrong evidence, and leaves right evidence alone",
        f"with {max(found):.0%} of the triples missing, {told('.2f', caught=caught, right_ones_called_wrong=alarmed)}",
        together(caught=verdict(caught, over=CAUGHT), left_alone=verdict(alarmed, under=ALARMED)),
        "What a graph lacks is not false: the alarms are exactly its gaps.",
    )


def _faithful(rows: Mapping[str, Sequence[Mapping]]) -> Claim:
    seen = rows["plans of training"]
    path, right = (share(sum(r[key] for r in seen), len(seen)) for key in ("faithful", "right"))
    return Claim(
        "Reasoning on graphs: answers come with a path that exists and leads to them",
        told(".2f", path_exists=path, right=right),
        verdict(path, over=FAITHFUL),
        "Faithful is not right: a wrong plan, followed exactly, is explained exactly.",
    )


def _comet(found: Completed) -> Claim:
    gain = paired(found.held_out, found.commonest)
    unseen = share(round(sum(found.unseen)), len(found.unseen))
    return Claim(
        "COMET: a language model completes triples that it has not seen",
        told(hits_over_the_commonest_tails=gain, hits_on_a_relation_left_out=unseen),
        together(held_out=verdict(gain, over=0, worth=HITS), unseen_relation=verdict(unseen, over=HITS)),
        "The model is small, and has read nothing else: COMET's novelty rests on what GPT had read before.",
    )


def _bertnet(found: Harvest) -> Claim:
    first, weighted = ([int(p[2]) for p in found.pairs[name]] for name in ("first prompt", "weighted"))
    gain = paired(weighted, first)
    return Claim(
        "BertNet: weighted paraphrases find more right pairs than one prompt",
        f"{sum(weighted)} against {sum(first)} of {len(first)}; place by place {gain.told('+.2f')}",
        verdict(gain, over=0, worth=PAIRS),
    )
