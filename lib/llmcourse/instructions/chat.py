"""Chat templates: a conversation becomes one text, and the loss counts on the assistant's turns alone.

    messages   [{"role": "system" | "user" | "assistant", "content": text}, ...], as everywhere
    mask       1 for each token that the model is to learn: the assistant's words and the mark that ends the turn

The ChatML template is SmolLM2's own, byte for byte. Vicuna's is that of version 1.1. The mask follows Vicuna and Baize,
which learn every turn of the assistant, and no turn of the human: Chiang et al. 2023; Xu et al. 2023, section 3.2.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from llmcourse.models.tuning import IGNORED

Messages = Sequence[Mapping[str, str]]


class NoConversation(ValueError):
    """Messages in an order, or of a kind, that no template can render. The text says which message."""


class Part(NamedTuple):
    """A piece of the rendered text, and whether the model learns it."""

    text: str
    learned: bool


@dataclass(frozen=True)
class Template:
    """How turns are written.

    open, close  before and after a turn of each role: "<|im_start|>user\\n", "<|im_end|>"
    between      after each turn; it is part of no turn
    system       the message that stands in front when the conversation brings none; "" for none
    """

    open: Mapping[str, str]
    close: Mapping[str, str]
    between: str = ""
    system: str = ""

    def parts(self, messages: Messages, reply: bool = False) -> Iterator[Part]:
        """The text in pieces. `reply`: with the beginning of the assistant's next turn. Raises NoConversation."""
        check(messages)
        if self.system and messages[0]["role"] != "system":
            messages = [{"role": "system", "content": self.system}, *messages]
        for message in messages:
            role, content = message["role"], message["content"]
            yield Part(self.open[role], False)
            yield Part(content + self.close[role], role == "assistant")
            yield Part(self.between, False)
        if reply:
            yield Part(self.open["assistant"], False)

    def render(self, messages: Messages, reply: bool = False) -> str:
        return "".join(part.text for part in self.parts(messages, reply))


CHATML = Template(
    open={role: f"<|im_start|>{role}\n" for role in ("system", "user", "assistant")},
    close=dict.fromkeys(("system", "user", "assistant"), "<|im_end|>"),
    between="\n",
    system="You are a helpful AI assistant named SmolLM, trained by Hugging Face",
)
VICUNA = Template(
    open={"system": "", "user": "USER: ", "assistant": "ASSISTANT: "},
    close={"system": " ", "user": " ", "assistant": "</s>"},
    system="A chat between a curious user and an artificial intelligence assistant. The assistant gives helpful, "
    "detailed, and polite answers to the user's questions.",
)


def check(messages: Messages) -> None:
    """Raises NoConversation for a conversation that starts with the assistant, two turns of one speaker in a row, a
    system message that is not the first, an unknown role or an empty message."""
    if not messages:
        raise NoConversation("The conversation has no messages.")
    turns = []
    for i, message in enumerate(messages):
        role, content = message.get("role"), message.get("content")
        if role not in ("system", "user", "assistant"):
            raise NoConversation(f"Message {i} has the role {role!r}. There are system, user and assistant.")
        if not isinstance(content, str) or not content.strip():
            raise NoConversation(f"Message {i}, by the {role}, is empty.")
        if role == "system" and i:
            raise NoConversation(f"Message {i} is a system message, which can only be the first.")
        if role != "system":
            turns.append((i, role))
    if not turns:
        raise NoConversation("The conversation has a system message and no turn.")
    if turns[0][1] == "assistant":
        raise NoConversation("The conversation starts with the assistant. The first turn is the user's.")
    for (_, before), (i, role) in itertools.pairwise(turns):
        if role == before:
            raise NoConversation(f"Message {i} is a second turn of the {role} in a row. Join the two, or drop one.")


def template_of(tokenizer) -> Template:
    """The template of a tokenizer, if it is one that is known here.

    Raises ValueError for a tokenizer without a chat template, and for one with a template of another kind.
    """
    if not getattr(tokenizer, "chat_template", None):
        raise ValueError("This tokenizer has no chat template: it belongs to a base model. Pass template=CHATML.")
    trial = [{"role": role, "content": f" {role}\n"} for role in ("user", "assistant", "user")]
    theirs = tokenizer.apply_chat_template(trial, tokenize=False, add_generation_prompt=True)
    if theirs != CHATML.render(trial, reply=True):
        raise ValueError("This tokenizer's chat template is not the one of SmolLM2. Pass a Template that describes it.")
    return CHATML


def tokens_and_mask(tokenizer, messages: Messages, template: Template | None = None) -> tuple[list[int], list[int]]:
    """Tokens (L,) of a conversation, and the mask (L,). A token is learned if one of its characters is."""
    template = template or template_of(tokenizer)
    text, spans = "", []
    for part in template.parts(messages):
        if part.learned:
            spans.append((len(text), len(text) + len(part.text)))
        text += part.text
    found = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
    inside = lambda a, b: any(a < end and b > start for start, end in spans)
    return found["input_ids"], [int(inside(*place)) for place in found["offset_mapping"]]


def conversation_batch(
    tokenizer, conversations: Sequence[Messages], template: Template | None = None, device: torch.device | str = "cpu"
) -> tuple[Tensor, Tensor]:
    """Tokens and targets (B, L) of conversations for `models.answer_loss`, padded on the right.

    The target at a position is the next token where that one is learned, else IGNORED.
    """
    encoded = [tokens_and_mask(tokenizer, messages, template) for messages in conversations]
    width = max(len(tokens) for tokens, _ in encoded)
    tokens = torch.full((len(encoded), width), tokenizer.pad_token_id or 0)
    targets = torch.full((len(encoded), width), IGNORED)
    for row, (ids, mask) in enumerate(encoded):
        ids, mask = torch.tensor(ids), torch.tensor(mask, dtype=torch.bool)
        tokens[row, : len(ids)] = ids
        targets[row, : len(ids) - 1] = torch.where(mask[1:], ids[1:], IGNORED)
    return tokens.to(device), targets.to(device)
