"""What several exercises of this lab share: makers of inputs."""

import torch

SYLLABLES = ("ka", "mo", "ti", "lu", "se", "ra", "no", "vi", "ber", "dan")


def integer(generator, low, high):
    """One integer from low to high - 1."""
    return int(torch.randint(low, high, (), generator=generator))


def word(generator):
    """A made word of two or three syllables."""
    return "".join(SYLLABLES[integer(generator, 0, len(SYLLABLES))] for _ in range(integer(generator, 2, 4)))


def phrase(generator, n):
    return " ".join(word(generator) for _ in range(n))


def numbers(generator, n, most=10_000):
    """n different integers below `most`."""
    return torch.randperm(most, generator=generator)[:n].tolist()
