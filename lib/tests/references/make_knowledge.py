"""Makes `knowledge.safetensors`: what other people's code returns for inputs of the knowledge package.

    pip install --no-deps --target FOLDER torch_geometric xxhash pyparsing
    python lib/tests/references/make_knowledge.py FOLDER

It was made with torch_geometric 2.8.1 (MIT): its GATConv, with weights, output, attention and gradients; node 4 has no
edge that ends at it.
"""

import importlib
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file

NODES, D, C, HEADS = 7, 5, 3, 2


def main(folder: str) -> None:
    sys.path.append(folder)
    GATConv = importlib.import_module("torch_geometric.nn").GATConv  # no package of the course

    torch.manual_seed(0)
    edges = torch.tensor([[0, 1, 2, 3, 4, 4, 5, 6, 0, 0], [1, 0, 0, 0, 6, 5, 5, 2, 3, 1]])  # one edge comes twice
    x = torch.randn(NODES, D, requires_grad=True)
    found = {"x": x, "edges": edges}
    for loops in (False, True):
        layer = GATConv(D, C, HEADS, add_self_loops=loops)
        torch.nn.init.normal_(layer.bias)
        y, (with_loops, alpha) = layer(x, edges, return_attention_weights=True)
        grad = torch.autograd.grad((y * torch.cos(torch.arange(y.numel()).view(y.shape))).sum(), x)[0]
        found |= {f"{loops}/{name}": value for name, value in dict(layer.state_dict()).items()}
        found |= {f"{loops}/y": y, f"{loops}/edges": with_loops, f"{loops}/alpha": alpha, f"{loops}/grad": grad}
    clean = {name: value.detach().clone().contiguous() for name, value in found.items()}
    save_file(clean, Path(__file__).with_name("knowledge.safetensors"))
    print({name: tuple(value.shape) for name, value in clean.items()})


if __name__ == "__main__":
    main(sys.argv[1])
