"""chunked-cross-attention: Reading the neighbours of the last complete chunk."""

from llmcourse.checks import Exercise

from .cases import normal


def chunks(*lead, L, m, N, d=4):
    """Queries of L tokens, and N tokens of neighbours for each complete chunk of m."""

    def make(generator):
        return {
            "q": 1.5 * normal(generator, *lead, L, d),
            "k": normal(generator, *lead, L // m, N, d),
            "v": normal(generator, *lead, L // m, N, d),
            "m": m,
        }

    return make


def probe(answer, inputs):
    return {"o": answer(*(inputs[name] for name in EXERCISE.parameters))}


EXERCISE = Exercise(
    name="chunked-cross-attention",
    title="Reading the neighbours of the last complete chunk",
    answer="chunked_cross_attention",
    parameters=("q", "k", "v", "m"),
    points=5,
    difficulty=4,
    minutes=25,
    cases={
        "two chunks": chunks(L=6, m=3, N=4),
        "batch and heads": chunks(2, 2, L=8, m=4, N=3),
        "an incomplete chunk at the end": chunks(2, L=8, m=3, N=5),
    },
    probe=probe,
    gradients=("q", "k", "v"),
    hints=(
        "Which chunk does token t read about? Chunk u ends at token u m + m - 1, and that token may already read.",
        "It is chunk (t + 1) // m - 1; for t < m - 1 there is none, and the output is 0. A loop over t that does that "
        "is a right answer.",
        "Without a loop: drop the first m - 1 queries. Those that read about chunk u are now the rows u m to u m + m - "
        "1, and `F.pad(..., (0, 0, 0, missing))` fills the last of the U chunks.",
        "`rows.unflatten(-2, (U, m))` is (..., U, m, d): one attention for each chunk, `softmax(q k^T / sqrt(d)) v`. "
        "Flatten, cut what was filled up, and put m - 1 rows of zeros in front.",
    ),
)
