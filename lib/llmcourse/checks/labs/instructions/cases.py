"""What several exercises of this lab share: words, and ways to draw."""

import torch

_WORDS = """
river lamp stone window garden paper cloud silver market bridge candle forest letter winter orange mirror
engine pocket summer button castle dinner flower guitar hammer island jacket kettle ladder magnet
"""
WORDS = _WORDS.split()


def number(generator, low, high):
    """A whole number from low to high."""
    return int(torch.randint(low, high + 1, (), generator=generator))


def choice(generator, options):
    return options[number(generator, 0, len(options) - 1)]


def words(generator, count, among=WORDS):
    """Different words."""
    return [among[i] for i in torch.randperm(len(among), generator=generator)[:count].tolist()]


def phrase(generator, count, among=WORDS):
    return " ".join(words(generator, count, among))


def shuffled(generator, rows):
    return [rows[i] for i in torch.randperm(len(rows), generator=generator).tolist()]
