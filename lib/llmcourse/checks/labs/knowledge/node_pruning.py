"""node-pruning: JointLK prunes."""

import torch

from llmcourse.checks import Exercise


def nodes(B, N, keep, dead=0, protected=1):
    """Attention to N nodes, some of which are not there any more. `protected`: so many of those that are there are
    always kept; the first of them receives least, the second most."""

    def make(generator):
        place = torch.stack([torch.randperm(N, generator=generator) for _ in range(B)])
        received = (place + 0.9 * torch.rand(B, N, generator=generator)) / N**2
        turned = torch.stack([torch.randperm(N, generator=generator) for _ in range(B)])
        live, always = torch.ones(B, N), torch.zeros(B, N)
        for b in range(B):
            live[b, turned[b, : max(dead - b % 2, 0)]] = 0.0
            there = [i for i in place[b].argsort().tolist() if live[b, i]]
            for i in [there[0], there[-1], *there[2 :: max(1, len(there) // 2)]][:protected]:
                always[b, i] = 1.0
        return {"received": received, "live": live, "always": always, "keep": keep}

    return make


def probe(answer, inputs):
    return {"kept": answer(inputs["received"], inputs["live"], inputs["always"], inputs["keep"]).double()}


EXERCISE = Exercise(
    name="node-pruning",
    title="JointLK prunes",
    answer="prune",
    parameters=("received", "live", "always", "keep"),
    points=3,
    difficulty=3,
    minutes=10,
    cases={
        "half of eight": nodes(2, 8, 0.5),
        "some are pruned already": nodes(3, 9, 0.6, dead=3),
        "a share that is rounded up": nodes(2, 7, 0.4, protected=2),
        "nothing is protected": nodes(2, 6, 0.5, dead=1, protected=0),
        "all are kept": nodes(1, 13, 1.0, dead=2, protected=0),
        "one node of many": nodes(2, 10, 0.05, protected=2),
    },
    probe=probe,
    hints=(
        "How many stay in each row: the number of live nodes times keep, rounded up: `(live.sum(1) * keep).ceil()`.",
        "Pruned nodes must not take a place: give them -inf before you sort.",
        "The rank of each node: `received.argsort(dim=1, descending=True).argsort(dim=1)`, 0 for the largest.",
        "Kept is what is live, and ranks below the number or is protected. Protected nodes are kept in addition.",
    ),
)
