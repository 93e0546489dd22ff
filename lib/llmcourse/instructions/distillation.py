"""Distillation: Alpaca asks a teacher single questions, Vicuna learns from whole conversations with one.

    instruction, input, output   a single turn        prompt   what the student reads, in Alpaca's words
    messages                     a conversation, as in chat.py

Taori et al. 2023 (Alpaca: GPT-3.5's answers to 52,000 instructions); Chiang et al. 2023 (Vicuna: 70,000 conversations
that people had with ChatGPT, cut to the context's length). Departs from them: the teacher is SmolLM2 or a program, and
there are tens of examples.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from .chat import Messages
from .teachers import Teacher, ask

WITH_INPUT = (
    "Below is an instruction that describes a task, paired with an input that provides further context. "
    "Write a response that appropriately completes the request.\n\n"
    "### Instruction:\n{instruction}\n\n### Input:\n{input}\n\n### Response:"
)
WITHOUT_INPUT = (
    "Below is an instruction that describes a task. "
    "Write a response that appropriately completes the request.\n\n"
    "### Instruction:\n{instruction}\n\n### Response:"
)


@dataclass(frozen=True)
class Single:
    """One question and the teacher's answer."""

    instruction: str
    input: str = ""
    output: str = ""

    @property
    def prompt(self) -> str:
        return alpaca_prompt(self.instruction, self.input)

    @property
    def pair(self) -> tuple[str, str]:
        """For models.tuning: the answer ends with a line break."""
        return self.prompt, f"\n{self.output}\n"


def alpaca_prompt(instruction: str, input: str = "") -> str:
    """The student's prompt. Raises ValueError for an empty instruction."""
    if not instruction.strip():
        raise ValueError("The instruction is empty: there is nothing to ask.")
    return (WITH_INPUT if input else WITHOUT_INPUT).format(instruction=instruction, input=input)


def distil(teacher: Teacher, tasks: Sequence[tuple[str, str]]) -> list[Single]:
    """The teacher's answers to (instruction, input); empty answers are left out."""
    asked = [f"{instruction}\n\n{given}" if given else instruction for instruction, given in tasks]
    return [Single(*task, text) for task, text in zip(tasks, ask(teacher, asked)) if text.strip()]


def converse(teacher: Callable[[Messages], str], questions: Sequence[str]) -> list[dict[str, str]]:
    """A conversation in which the user asks these questions in turn, and the teacher sees all that was said before."""
    messages: list[dict[str, str]] = []
    for question in questions:
        messages.append({"role": "user", "content": question})
        messages.append({"role": "assistant", "content": teacher(messages)})
    return messages


def cut(messages: Messages, most: int, length: Callable[[str], int]) -> Iterator[list[dict[str, str]]]:
    """A conversation in pieces of at most `most`, between an answer and the next question, as Vicuna cuts them.

    length  of a message, in tokens. A question with its answer that alone is too long is left out. Each piece has the
            system message, whose length counts.
    """
    system = [m for m in messages[:1] if m["role"] == "system"]
    turns = messages[len(system) :]
    base = sum(length(m["content"]) for m in system)
    piece, used = list(system), base
    for question, answer in zip(turns[::2], turns[1::2]):
        size = length(question["content"]) + length(answer["content"])
        if used + size > most and len(piece) > len(system):
            yield piece
            piece, used = list(system), base
        if used + size <= most:
            piece += [question, answer]
            used += size
    if len(piece) > len(system):
        yield piece
