"""rolling-cache: A cache that does not grow."""

import torch

from llmcourse.checks import Exercise


def text(*lead, T, d, w, sinks):
    def make(generator):
        q, k, v = (torch.randn(*lead, T, d, generator=generator) for _ in range(3))
        return {"q": q, "k": k, "v": v, "w": torch.tensor(w), "sinks": torch.tensor(sinks)}

    return make


def probe(answer, inputs):
    """Token by token from an empty cache. Where a token is kept is the answer's own."""
    q, sinks, read = inputs["q"], int(inputs["sinks"]), []
    size = sinks + int(inputs["w"])
    K, V = q.new_zeros(2, *q.shape[:-2], size, q.shape[-1]).unbind(0)
    for t, token in enumerate(zip(*(inputs[name].unbind(-2) for name in ("q", "k", "v")))):
        o, K, V = answer(*token, K, V, t, sinks)
        read.append(o)
    slots = torch.tensor([K.shape[-2], V.shape[-2]])
    return {"o": torch.stack(read, -2), "slots of K and V": slots}


EXERCISE = Exercise(
    name="rolling-cache",
    title="A cache that does not grow",
    answer="cache_step",
    parameters=("q", "k", "v", "K", "V", "t", "sinks"),
    points=4,
    difficulty=3,
    minutes=15,
    cases={
        "before the cache is full": text(T=3, d=2, w=3, sinks=1),
        "a text longer than the cache": text(T=9, d=2, w=3, sinks=1),
        "three sinks": text(T=9, d=1, w=2, sinks=3),
        "no sinks": text(T=7, d=2, w=3, sinks=0),
        "batch and heads": text(2, 2, T=6, d=1, w=2, sinks=1),
    },
    probe=probe,
    gradients=("q", "k", "v"),
    hints=(
        "Three things, in this order: find the slot of token t, write k and v there, read with q.",
        "While t is below the number of slots, token t goes to slot t. After that the slots from `sinks` on take "
        "turns: `sinks + (t - sinks) % w`, with w the number of slots less the sinks. This holds from t = sinks on.",
        "Write into a copy: `K = K.clone()`, then `K[..., at, :] = k`. To a softmax the order of the slots is nothing.",
        "Read only slots that are filled: `full = min(t + 1, K.shape[-2])`, keys `K[..., :full, :]`. "
        "`F.scaled_dot_product_attention(q[..., None, :], ...)[..., 0, :]` is the read.",
    ),
)
