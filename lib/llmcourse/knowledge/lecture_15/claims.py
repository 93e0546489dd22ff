"""The claims of lecture 15, each with its bounds, and what became of them.

The bounds stood here before the records were made: the smallest effect worth seeing, in the unit of what is measured.
"""

MASKS = 0.05  # recall of held-out facts: entity masks over basic ones
GRAPH = 0.10  # accuracy: QA-GNN over the same network without edges, for each number of steps
RELEVANCE = 0.03  # accuracy: QA-GNN over the same network without relevance
JOINT = 0.03  # accuracy: JointLK over QA-GNN
PRUNING = 0.03  # accuracy that pruning may cost
TRIPLES = 0.10  # accuracy: triples in the prompt over three passages
EVIDENCE = 0.10  # accuracy: chain of knowledge over chain of thought, and with verification over without
CAUGHT, ALARMED = 0.9, 0.1  # shares of wrong triples caught, of right ones called wrong
FAITHFUL = 0.9  # share of answers with a path that exists and leads to them
HITS = 0.05  # hits among ten: COMET over the commonest tails of the relation
PAIRS = 0.10  # precision of the first 50 pairs: weighted paraphrases over the first prompt
