"""Baize: one model writes both sides of a conversation. Dolly: people wrote both sides of single turns.

    seed        a question or topic that the conversation starts from
    transcript  "[Human] ...", "[AI] ...", in turns, as the model is asked to write it
    record      Dolly's: instruction, context, response, category

Xu et al. 2023, "Baize", section 3.1: 111,500 conversations of ChatGPT with itself. Conover et al. 2023, "Free Dolly":
15,000 records by employees of Databricks, in eight categories. (The deck has the two papers' authors exchanged.)
Departs from Baize: SmolLM2 writes both sides.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .chat import NoConversation, check
from .distillation import alpaca_prompt
from .teachers import Teacher, ask

HUMAN, AI = "[Human]", "[AI]"
CATEGORIES = (
    "brainstorming",
    "classification",
    "closed_qa",
    "creative_writing",
    "general_qa",
    "information_extraction",
    "open_qa",
    "summarization",
)


def prompt(seed: str) -> str:
    """What asks for a transcript. Raises ValueError for an empty seed."""
    if not seed.strip():
        raise ValueError("The seed is empty: a conversation needs something to be about.")
    return (
        f"Here is a conversation between a person and an assistant on this topic: {seed.strip()}\n"
        f"What the person says begins with {HUMAN}, what the assistant says with {AI}. The person asks one question "
        "after the other, and stops when there is none left. The assistant answers and asks nothing.\n"
        f"{HUMAN} Hello!\n{AI} Hello! How can I help?\n{HUMAN}"
    )


def parse(text: str) -> list[dict[str, str]]:
    """The turns of what was written after the prompt, as messages.

    Ends before the first empty turn and the first that breaks the order, and with an answer: a last question that
    nobody answered teaches nothing. An empty list if no question was answered.
    """
    pieces = re.split(rf"({re.escape(HUMAN)}|{re.escape(AI)})", f"{HUMAN} {text}")[1:]
    messages: list[dict[str, str]] = []
    for speaker, content in zip(pieces[::2], pieces[1::2]):
        role = "user" if speaker == HUMAN else "assistant"
        expected = "assistant" if len(messages) % 2 else "user"
        if role != expected or not content.strip():
            break
        messages.append({"role": role, "content": content.strip()})
    return messages[: len(messages) // 2 * 2]


def self_chat(teacher: Teacher, seeds: Sequence[str]) -> list[list[dict[str, str]]]:
    """A conversation for each seed; those without an answered question are left out."""
    texts = ask(teacher, [prompt(seed) for seed in seeds])
    return [messages for messages in map(parse, texts) if messages]


def structure(conversations: Sequence[Sequence[Mapping[str, str]]]) -> dict[str, float]:
    """Turns a conversation, words of a question and of an answer, and the share of questions with a question mark."""
    for messages in conversations:
        check(messages)
    if not conversations:
        raise NoConversation("There are no conversations to describe.")
    said = lambda role: [m["content"] for messages in conversations for m in messages if m["role"] == role]
    mean = lambda values: sum(values) / len(values)
    return {
        "turns": mean([len(messages) / 2 for messages in conversations]),
        "words of a question": mean([len(text.split()) for text in said("user")]),
        "words of an answer": mean([len(text.split()) for text in said("assistant")]),
        "questions with ?": mean([text.rstrip().endswith("?") for text in said("user")]),
    }


@dataclass(frozen=True)
class Record:
    """One of Dolly's records."""

    instruction: str
    response: str
    context: str = ""
    category: str = "open_qa"

    @property
    def prompt(self) -> str:
        return alpaca_prompt(self.instruction, self.context)


def dolly(rows: Sequence[Mapping[str, str]]) -> list[Record]:
    """Dolly's records from rows of its file. Raises ValueError, which names the row and the field that is wrong."""
    records = []
    for i, row in enumerate(rows):
        for field in ("instruction", "response", "category"):
            if not isinstance(row.get(field), str) or not row[field].strip():
                raise ValueError(f"Row {i} has no {field}.")
        if row["category"] not in CATEGORIES:
            raise ValueError(f"Row {i} has the category {row['category']!r}. Dolly has {', '.join(CATEGORIES)}.")
        records.append(Record(row["instruction"], row["response"], row.get("context") or "", row["category"]))
    return records
