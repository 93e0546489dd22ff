"""global-tokens: A few tokens that see all."""

import torch

from llmcourse.checks import Exercise

NAMES = ("q", "k", "v", "q_g", "k_g", "v_g")


def attention(*lead, L, d, w, tokens):
    def make(generator):
        inputs = {name: torch.randn(*lead, L, d, generator=generator) for name in NAMES}
        return inputs | {"w": torch.tensor(w), "tokens": torch.tensor(tokens, dtype=torch.long)}

    return make


def probe(answer, inputs):
    return {"o": answer(*(inputs[name] for name in NAMES), int(inputs["w"]), inputs["tokens"].tolist())}


EXERCISE = Exercise(
    name="global-tokens",
    title="A few tokens that see all",
    answer="longformer_attention",
    parameters=(*NAMES, "w", "tokens"),
    points=4,
    difficulty=3,
    minutes=15,
    cases={
        "the first token is global": attention(L=6, d=2, w=2, tokens=[0]),
        "two of them, in the middle": attention(L=8, d=2, w=4, tokens=[3, 6]),
        "batch and heads": attention(2, 2, L=5, d=2, w=2, tokens=[4]),
        "one channel": attention(L=7, d=1, w=2, tokens=[1, 2]),
    },
    probe=probe,
    gradients=NAMES,
    hints=(
        "Two attentions with a softmax each: one for all queries with q, k, v under a mask, one for the global queries "
        "with q_g, k_g, v_g and no mask. Of the first, the rows of the global tokens are thrown away.",
        "The mask: `apart = (i - j).abs()`, and `apart <= w // 2` is the window. Add the columns of the global tokens: "
        "`mask[:, tokens] = True`.",
        "The global rows: `F.scaled_dot_product_attention(q_g[..., tokens, :], k_g, v_g)`.",
        "`is_global = torch.zeros(L, dtype=torch.bool)`, `is_global[tokens] = True`, then "
        "`torch.where(is_global[:, None], for_all, near)`, with both attentions for all queries.",
    ),
)
