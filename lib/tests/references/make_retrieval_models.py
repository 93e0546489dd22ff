"""Makes `retrieval_models.safetensors`: what other people's code returns for chunked cross-attention and the LSR loss.

    pip install --no-deps --target FOLDER retro-pytorch einops fed-rag
    python lib/tests/references/make_retrieval_models.py FOLDER

It was made with retro-pytorch 0.3.9 (Apache 2.0 in its package, MIT in its repository) and fed-rag 0.0.27 (Apache 2.0),
run here, not copied. What retro-pytorch imports for its index is replaced by stand-ins that nothing here calls.
"""

import sys
from importlib import import_module as of  # none of these packages is installed where the course is
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from unittest import mock

import torch
from safetensors.torch import save_file

M, CHUNKS, B = 4, 3, 2
ELSEWHERE = ("autofaiss", "embedding_reader", "faiss", "jsonlines")


def of_retro() -> dict[str, torch.Tensor]:
    """The layer with positions that turn nothing, and what the whole model changes when its neighbours change."""
    sys.modules |= {name: mock.MagicMock() for name in ELSEWHERE}
    package = of("retro_pytorch.retro_pytorch")
    torch.manual_seed(0)
    d, heads, L, N, k = 6, 2, M * CHUNKS + 2, 2 * M, 2
    layer = package.ChunkedCrossAttention(chunk_size=M, dim=d, dim_head=3, heads=heads)
    x, E = torch.randn(B, L, d), torch.randn(B, CHUNKS, k, N, d)
    still = torch.zeros(1, 1, M, 0), torch.zeros(1, 1, N, 0)
    out = {"retro.x": x, "retro.E": E, "retro.y": layer(x, context=E, pos_emb=still).detach()}
    out |= {f"retro.{name}": p.detach() for name, p in layer.cross_attn.named_parameters()}

    model = package.RETRO(num_tokens=50, max_seq_len=64, enc_dim=32, dec_dim=32, enc_depth=1, dec_depth=2, heads=2,
                          dec_cross_attn_layers=(2,), dim_head=32, chunk_size=M).eval()  # fmt: skip
    tokens, near = torch.randint(1, 50, (1, M * CHUNKS)), torch.randint(1, 50, (1, CHUNKS, k, N))
    changed = []
    with torch.no_grad():
        before = model(tokens, near)
        for u in range(CHUNKS):
            other = near.clone()
            other[:, u] = other[:, u] % 49 + 1
            changed.append((model(tokens, other) - before).abs().amax(-1)[0] > 1e-6)
    return out | {"retro.changed": torch.stack(changed)}


def of_fed_rag(folder: str) -> dict[str, torch.Tensor]:
    spec = spec_from_file_location("lsr", Path(folder) / "fed_rag/loss/pytorch/lsr.py")
    sys.modules |= {name: mock.MagicMock() for name in ("fed_rag", "fed_rag.exceptions", "fed_rag.exceptions.loss")}
    spec.loader.exec_module(module := module_from_spec(spec))
    g = torch.Generator().manual_seed(0)
    s, p = torch.randn(5, 4, generator=g), torch.rand(5, 4, generator=g)
    return {"lsr.s": s, "lsr.p": p, "lsr.loss": module.LSRLoss()(s, p / 0.5)}


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    made = of_retro() | of_fed_rag(sys.argv[1])
    save_file({k: v.contiguous() for k, v in made.items()}, Path(__file__).with_name("retrieval_models.safetensors"))
