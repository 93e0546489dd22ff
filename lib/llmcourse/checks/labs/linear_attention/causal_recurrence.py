"""causal-recurrence: The causal form is a recurrent network."""

from llmcourse.checks import Exercise

from .cases import attention


def probe(answer, inputs):
    z, S, u = answer(inputs["phi_q"], inputs["phi_k"], inputs["v"], inputs["S"], inputs["u"])
    return {"z": z, "S": S, "u": u}


EXERCISE = Exercise(
    name="causal-recurrence",
    title="The causal form is a recurrent network",
    answer="causal_attention",
    parameters=("phi_q", "phi_k", "v", "S", "u"),
    points=4,
    difficulty=3,
    minutes=15,
    cases={
        "from an empty memory": attention(L=4, d_k=3, d_v=2, memory=0.0),
        "from a memory that holds something": attention(L=4, d_k=3, d_v=3, memory=1.0),
        "batch and heads": attention(2, 2, L=3, d_k=2, d_v=3, memory=1.0),
        "a single token": attention(L=1, d_k=3, d_v=2, memory=1.0),
    },
    probe=probe,
    gradients=("phi_q", "phi_k", "v", "S", "u"),
    hints=(
        "One step of the loop does three things, in this order: write to S, write to u, read with the query.",
        "The write is an outer product: `v_t[..., :, None] * k_t[..., None, :]` has shape (..., d_v, d_k).",
        "The read is `(S @ q_t[..., None])[..., 0]`, divided by `(u * q_t).sum(-1, keepdim=True)`.",
        "Write `S = S + ...`, never `S += ...`: the caller still needs the old state. Go through time with "
        "`phi_q.unbind(-2)` and put the results together with `torch.stack(..., dim=-2)`.",
    ),
)
