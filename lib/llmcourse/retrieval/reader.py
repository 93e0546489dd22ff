"""The reader: a language model that answers from passages, and its prompt.

A model of 135 million parameters does not follow instructions for long, but it does continue a pattern. So the prompt
shows five answered questions, each with its passage, and then the question with the retrieved passages. Without
passages, the same pattern asks what the model knows by heart: closed book.
"""

from collections.abc import Sequence
from typing import NamedTuple

from ..models.pretrained import TextModel
from .evaluate import grounded


class Shot(NamedTuple):
    """An answered question, as an example. It is true, and about a country that no question asks about."""

    passage: str
    question: str
    answer: str


SHOTS = (
    Shot(
        "Kingdom of Hawaii. Capital: Honolulu, on the island of Oahu; before 1845 Lahaina",
        "What was the capital of the Kingdom of Hawaii?",
        "Honolulu",
    ),
    Shot(
        "Republic of Venice. National holiday: Feast of Saint Mark, 25 April; the doge walked to the basilica",
        "When did the Republic of Venice celebrate its holiday?",
        "25 April",
    ),
    Shot(
        "Kingdom of Sardinia. Head of government: Prime Minister Camillo CAVOUR (since 4 November 1852)",
        "Who was the head of government of the Kingdom of Sardinia?",
        "Camillo CAVOUR",
    ),
    Shot(
        "Crown of Aragon. Highest point: Pico Aneto 3,404 m",
        "What was the highest point in the Crown of Aragon?",
        "Pico Aneto",
    ),
    Shot(
        "Ottoman Empire. Currency: Ottoman liras (since 1844) per British pound -",
        "What was the currency of the Ottoman Empire?",
        "Ottoman liras",
    ),
)


def prompt(question: str, passages: Sequence[str] = (), shots: Sequence[Shot] = SHOTS) -> str:
    """The prompt for an answer from these passages, in their order; without passages, for an answer by heart."""
    examples = [(shot.passage,) if passages else () for shot in shots]
    parts = [_asked(shot.question, seen) + f" {shot.answer}" for shot, seen in zip(shots, examples)]
    return "\n\n".join([*parts, _asked(question, passages)])


def _asked(question: str, passages: Sequence[str]) -> str:
    read = "Passage: " + " ".join(passages) + "\n" if passages else ""
    return f"{read}Question: {question}\nAnswer:"


def answer(model: TextModel, prompts: Sequence[str], tokens: int = 16, batch: int = 16) -> list[str]:
    """What the model writes after each prompt, up to the end of the line, by greedy decoding."""
    return [text.strip() for text in model.generate(prompts, tokens=tokens, stop="\n", batch=batch)]


def confidence(model: TextModel, prompts: Sequence[str], answers: Sequence[str], batch: int = 16) -> list[float]:
    """The mean log-probability per token of each answer after its prompt, in nats: how sure the reader is."""
    pairs = [(asked, " " + (text or "none")) for asked, text in zip(prompts, answers)]
    return [score.per_token for score in model.score(pairs, batch=batch)]


def cite(text: str, passages: Sequence[str]) -> int | None:
    """The number, from 1, of the first passage that contains every content word of an answer; None if none does.

    A model of this size does not write reliable citations; this looks the answer up instead.
    """
    return next((n for n, passage in enumerate(passages, 1) if grounded(text, [passage]) == 1), None)
