"""distinct-paths: RFT's selection."""

import torch

from llmcourse.checks import Exercise

from .cases import uniform


def drawn_paths(B, N, S, k, kinds=3):
    """Paths of which many are the same, some are the same steps in another order, and a third end wrong."""

    def make(generator):
        known = torch.randint(1, 50, (kinds, S), generator=generator)
        chosen = torch.randint(0, kinds, (B, N), generator=generator)
        paths = known[chosen]
        turned = uniform(generator, B, N) < 0.3
        paths = torch.where(turned[..., None], paths.flip(-1), paths)
        gold = torch.randint(50, 90, (B,), generator=generator)
        wrong = uniform(generator, B, N) < 0.35
        return {"paths": paths, "answers": gold[:, None] + wrong.long(), "gold": gold, "k": torch.tensor(k)}

    return make


def spelled(*questions, k):
    """Paths given as words, one letter a step; all answers are right. Each letter is another number of two digits."""

    def make(generator):
        steps = 10 + torch.randperm(80, generator=generator)[:26]
        words = [row.split() for row in questions]
        paths = torch.stack([torch.stack([steps[[ord(c) - ord("a") for c in word]] for word in row]) for row in words])
        gold = torch.randint(100, 200, (len(questions),), generator=generator)
        answers = gold[:, None].expand(paths.shape[:2]).clone()
        return {"paths": paths, "answers": answers, "gold": gold, "k": torch.tensor(k)}

    return make


def numbered(*paths, k):
    """One question with these paths; all answers are right."""

    def make(generator):
        gold = torch.randint(100, 200, (1,), generator=generator)
        inputs = {"paths": torch.tensor([paths]), "answers": gold[:, None].expand(1, len(paths)).clone(), "gold": gold}
        return inputs | {"k": torch.tensor(k)}

    return make


def probe(answer, inputs):
    keep = answer(inputs["paths"], inputs["answers"], inputs["gold"], int(inputs["k"]))
    return {"keep": keep}


EXERCISE = Exercise(
    name="distinct-paths",
    title="RFT's selection",
    answer="select",
    parameters=("paths", "answers", "gold", "k"),
    points=3,
    difficulty=3,
    minutes=14,
    cases={
        "five paths, all kept that differ": drawn_paths(2, 5, 2, k=9),
        "at most two": drawn_paths(3, 8, 3, k=2),
        "many repetitions": drawn_paths(2, 12, 2, k=3, kinds=2),
        "one path each": drawn_paths(4, 6, 3, k=1),
        "paths that differ in one step": spelled("abc abg ebc afc abc", "abc dbc abc afc abe", k=9),
        "a path comes back after another": spelled("ab cd ab cd ef ab", "ab ab cd ef cd ab", k=4),
        "other steps, the same digits": numbered((1, 23), (12, 3), (1, 23), (2, 13), (21, 3), k=9),
        "steps that come twice": spelled("aab abb aba aab bab", "aab aab abb bba aba", k=9),
        "a step with the number 0": numbered((0, 7, 5), (7, 0, 5), (7, 5, 0), (7, 0, 5), k=9),
    },
    probe=probe,
    hints=(
        "Go through the paths of a question in their order, with a set of the paths that were kept.",
        "`tuple(path.tolist())` can be put into a set, and keeps the order of the steps.",
        "First ask whether the answer is right: a wrong one must not use up its path.",
        "Stop taking when the set has k members. The set is a new one for each question.",
    ),
)
