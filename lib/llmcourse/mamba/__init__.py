"""Mamba: a state space model that chooses what to keep.

scan          the selective scan: a loop, pieces that fit the cache, a parallel scan, one step
networks      parallel scans: who joins whom, round by round
measure       what a scan costs: seconds, and bytes kept for training
block         Mamba and Mamba-2 blocks, which take and return a state; they load published weights
model         language models made of them; MoE-Mamba, with experts
directions    the orders in which a picture can be read
vision        Vision Mamba, and VMamba with its block SS2D
unet          U-Mamba, SegMamba and ViViM: a U-Net with Mamba in it
registration  MambaMorph: one picture deformed to match another
vision_data   pictures, volumes and videos composed of digits
"""

from .block import Mamba2Block, MambaBlock, causal_conv1d
from .model import MambaLM, load_transformers, moe_mamba
from .scan import associative, chunked, selective_scan, sequential, step

__all__ = [
    "Mamba2Block",
    "MambaBlock",
    "MambaLM",
    "associative",
    "causal_conv1d",
    "chunked",
    "load_transformers",
    "moe_mamba",
    "selective_scan",
    "sequential",
    "step",
]
