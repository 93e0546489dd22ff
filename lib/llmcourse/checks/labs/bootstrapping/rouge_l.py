"""rouge-l: ROUGE-L."""

import torch

from llmcourse.checks import Exercise


def text_pairs(*sizes, words=4):
    """Pairs of texts of these lengths, as numbers of words; -1 fills up."""

    def make(generator):
        longest = max(max(pair) for pair in sizes)
        texts = torch.full((len(sizes), 2, longest), -1)
        for row, pair in zip(texts, sizes):
            for side, length in zip(row, pair):
                side[:length] = torch.randint(0, words, (length,), generator=generator)
        return {"texts": texts}

    return make


def probe(answer, inputs):
    found = [answer(*([w for w in side.tolist() if w >= 0] for side in pair)) for pair in inputs["texts"]]
    return {"F": torch.tensor([float(value) for value in found], dtype=torch.float64)}


EXERCISE = Exercise(
    name="rouge-l",
    title="ROUGE-L",
    answer="rouge_l",
    parameters=("a", "b"),
    points=3,
    difficulty=3,
    minutes=15,
    cases={
        "short texts": text_pairs((3, 4), (4, 4), (5, 3)),
        "one is much longer": text_pairs((3, 9), (10, 4)),
        "an empty text": text_pairs((0, 4), (3, 0), (0, 0), (5, 5)),
        "few different words": text_pairs((6, 7), (8, 8), words=2),
    },
    probe=probe,
    hints=(
        "The length of the longest common subsequence of all beginnings of a and b fills a table, row by row.",
        "table[i][j] is table[i-1][j-1] + 1 where the words are equal, else the larger of the places above and on the "
        "left.",
        "P = lcs / len(b) and R = lcs / len(a) give F = 2 P R / (P + R) = 2 lcs / (len(a) + len(b)).",
        "Two empty texts divide by zero: return 0.0 when lcs is 0.",
    ),
)
