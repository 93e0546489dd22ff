"""rouge-l: ROUGE-L."""

import torch

from llmcourse.checks import Exercise


def text_pairs(*sizes, words=4, apart=False):
    """Pairs of texts of these lengths, as numbers of words; -1 fills up. `apart`: no word is in both."""

    def make(generator):
        longest = max(max(pair) for pair in sizes)
        texts = torch.full((len(sizes), 2, longest), -1)
        for row, pair in zip(texts, sizes):
            for i, (side, length) in enumerate(zip(row, pair)):
                side[:length] = torch.randint(0, words, (length,), generator=generator) + i * apart * words
        return {"texts": texts}

    return make


def probe(answer, inputs):
    texts = [[[w for w in side.tolist() if w >= 0] for side in pair] for pair in inputs["texts"]]
    found = [answer(list(a), list(b)) + 0.0 for a, b in texts]  # at once: what is no number is then told as it came
    return {"F": found, "F is a Python float": torch.tensor(not any(isinstance(x, torch.Tensor) for x in found))}


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
        "nothing in common": text_pairs((3, 4), (2, 2), (4, 1), apart=True),
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
