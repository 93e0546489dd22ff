"""The private half of loss-mask."""

import torch
from llmcourse.checks.labs.instructions.loss_mask import conversations

from grading.exercises import misconception, reference, variant

CASES = {
    "longer turns": conversations((4, True), (6, False), (5, True), longest=8),
    "many conversations": conversations(*[(4, False), (5, True), (2, False)] * 3),
}


@reference
def targets(tokens, start, end, assistant):
    result = torch.full_like(tokens, -100)
    for b, row in enumerate(tokens.tolist()):
        speaks, role = False, -1
        for t, token in enumerate(row):
            if token == start:
                speaks, role = row[t + 1] == assistant, t + 1
            elif speaks and t != role:
                result[b, t - 1] = token
            if token == end:
                speaks = False
    return result


@variant
def vectorised(tokens, start, end, assistant):
    B, L = tokens.shape
    t = torch.arange(L).expand(B, L)
    opened = torch.where(tokens == start, t, -1).cummax(-1).values  # where the turn of each token began
    role = tokens.gather(1, (opened + 1).clamp(max=L - 1))
    ends = (tokens == end).long().cumsum(-1)
    before = torch.where(opened >= 0, ends.gather(1, opened.clamp(min=0)), 0)
    inside = (ends - (tokens == end).long()) == before  # no end between the start and this token
    learned = (role == assistant) & inside & (t > opened + 1) & (opened >= 0)
    shifted = torch.where(learned, tokens, -100)[:, 1:]
    return torch.cat([shifted, torch.full((B, 1), -100)], dim=1)


@variant
def turn_by_turn(tokens, start, end, assistant):
    out = []
    for row in tokens.tolist():
        new = [-100] * len(row)
        places = [t for t, token in enumerate(row) if token == start]
        for place in places:
            if row[place + 1] == assistant:
                last = row.index(end, place)
                new[place + 1 : last] = row[place + 2 : last + 1]
        out.append(new)
    return torch.tensor(out)


@misconception(
    says="targets without the `end` of the assistant's turns",
    hint="A model that never learns `end` never stops: the `end` that closes an answer is learned.",
)
def without_the_end(tokens, start, end, assistant):
    result = torch.full_like(tokens, -100)
    for b, row in enumerate(tokens.tolist()):
        speaks, role = False, -1
        for t, token in enumerate(row):
            if token == start:
                speaks, role = row[t + 1] == assistant, t + 1
            elif speaks and t != role and token != end:
                result[b, t - 1] = token
            if token == end:
                speaks = False
    return result


@misconception(
    says="targets in which the assistant's role is learned too",
    hint="The role is part of the prompt: the first token to learn is the one behind it.",
)
def with_the_role(tokens, start, end, assistant):
    result = torch.full_like(tokens, -100)
    for b, row in enumerate(tokens.tolist()):
        speaks = False
        for t, token in enumerate(row):
            if token == start:
                speaks = row[t + 1] == assistant
            elif speaks:
                result[b, t - 1] = token
            if token == end:
                speaks = False
    return result


@misconception(
    says="targets in which the padding after an answer is learned",
    hint="Padding has the same number as `end` here. After the first `end` nobody speaks.",
)
def with_padding(tokens, start, end, assistant):
    result = torch.full_like(tokens, -100)
    for b, row in enumerate(tokens.tolist()):
        speaks, role = False, -1
        for t, token in enumerate(row):
            if token == start:
                speaks, role = row[t + 1] == assistant, t + 1
            elif speaks and t != role:
                result[b, t - 1] = token
    return result


@misconception(
    says="targets at the places of the learned tokens themselves",
    hint="The logits at position t predict the token at t + 1: the target moves one place to the left.",
)
def not_shifted(tokens, start, end, assistant):
    result = torch.full_like(tokens, -100)
    for b, row in enumerate(tokens.tolist()):
        speaks, role = False, -1
        for t, token in enumerate(row):
            if token == start:
                speaks, role = row[t + 1] == assistant, t + 1
            elif speaks and t != role:
                result[b, t] = token
            if token == end:
                speaks = False
    return result


@misconception(
    says="targets one place to the right of their tokens",
    hint="The target at position t is the token at t + 1, and not the one at t - 1.",
)
def shifted_the_other_way(tokens, start, end, assistant):
    result = torch.full_like(tokens, -100)
    for b, row in enumerate(tokens.tolist()):
        speaks, role = False, -1
        for t, token in enumerate(row):
            if token == start:
                speaks, role = row[t + 1] == assistant, t + 1
            elif speaks and t != role:
                result[b, min(t + 1, len(row) - 1)] = token
            if token == end:
                speaks = False
    return result


@misconception(
    says="the next token everywhere, as in pretraining",
    hint="Only what the assistant says is learned; all else is -100.",
)
def everything(tokens, start, end, assistant):
    result = torch.full_like(tokens, -100)
    result[:, :-1] = tokens[:, 1:]
    return result


@misconception(
    says="the words of all speakers",
    hint="Look at the role behind `start`: only the assistant's turns are learned.",
)
def everyone(tokens, start, end, assistant):
    result = torch.full_like(tokens, -100)
    for b, row in enumerate(tokens.tolist()):
        speaks, role = False, -1
        for t, token in enumerate(row):
            if token == start:
                speaks, role = True, t + 1
            elif speaks and t != role:
                result[b, t - 1] = token
            if token == end:
                speaks = False
    return result


@misconception(
    says="the words of everyone but the assistant",
    hint="The assistant's words are the ones to learn: `row[t + 1] == assistant`.",
)
def the_users_words(tokens, start, end, assistant):
    result = torch.full_like(tokens, -100)
    for b, row in enumerate(tokens.tolist()):
        speaks, role = False, -1
        for t, token in enumerate(row):
            if token == start:
                speaks, role = row[t + 1] != assistant, t + 1
            elif speaks and t != role:
                result[b, t - 1] = token
            if token == end:
                speaks = False
    return result


@misconception(
    says="the last answer alone",
    hint="Every turn of the assistant is learned: one conversation teaches several times.",
)
def last_answer_alone(tokens, start, end, assistant):
    result = torch.full_like(tokens, -100)
    for b, row in enumerate(tokens.tolist()):
        speaks, role = False, -1
        for t, token in enumerate(row):
            if token == start and row[t + 1] == assistant:
                result[b] = -100
            if token == start:
                speaks, role = row[t + 1] == assistant, t + 1
            elif speaks and t != role:
                result[b, t - 1] = token
            if token == end:
                speaks = False
    return result


@misconception(
    says="the first answer alone",
    hint="Every turn of the assistant is learned, also the later ones.",
)
def first_answer_alone(tokens, start, end, assistant):
    result = torch.full_like(tokens, -100)
    for b, row in enumerate(tokens.tolist()):
        speaks, role = False, -1
        for t, token in enumerate(row):
            if token == start:
                speaks, role = row[t + 1] == assistant and bool((result[b] == -100).all()), t + 1
            elif speaks and t != role:
                result[b, t - 1] = token
            if token == end:
                speaks = False
    return result


@misconception(
    says="turns in which the assistant's number comes anywhere: a word may have that number as well",
    hint="Only the token right after `start` is a role.",
)
def any_assistant_token(tokens, start, end, assistant):
    result = torch.full_like(tokens, -100)
    for b, row in enumerate(tokens.tolist()):
        speaks, role = False, -1
        for t, token in enumerate(row):
            if token == start:
                speaks, role = assistant in row[t + 1 : row.index(end, t)], t + 1
            elif speaks and t != role:
                result[b, t - 1] = token
            if token == end:
                speaks = False
    return result


@misconception(
    says="everything from the first answer on",
    hint="When the assistant has finished, the user speaks: stop at `end`.",
)
def from_the_first_answer_on(tokens, start, end, assistant):
    result = torch.full_like(tokens, -100)
    for b, row in enumerate(tokens.tolist()):
        speaks = False
        for t, token in enumerate(row):
            if token == start:
                speaks = speaks or row[t + 1] == assistant
            if speaks:
                result[b, t - 1] = token
    return result


@misconception(
    says="a mask of ones and zeros",
    hint="Return the next tokens where they are learned, and -100 elsewhere.",
)
def mask_for_targets(tokens, start, end, assistant):
    result = torch.full_like(tokens, 0)
    for b, row in enumerate(tokens.tolist()):
        speaks, role = False, -1
        for t, token in enumerate(row):
            if token == start:
                speaks, role = row[t + 1] == assistant, t + 1
            elif speaks and t != role:
                result[b, t - 1] = 1
            if token == end:
                speaks = False
    return result


@misconception(
    says="zeros where nothing is learned",
    hint="-100 is what cross_entropy leaves out; 0 is a token.",
)
def zeros_elsewhere(tokens, start, end, assistant):
    result = torch.full_like(tokens, 0)
    for b, row in enumerate(tokens.tolist()):
        speaks, role = False, -1
        for t, token in enumerate(row):
            if token == start:
                speaks, role = row[t + 1] == assistant, t + 1
            elif speaks and t != role:
                result[b, t - 1] = token
            if token == end:
                speaks = False
    return result


@misconception(
    says="answers without their first word",
    hint="The first word is predicted at the role, and is learned as well.",
)
def without_the_first_word(tokens, start, end, assistant):
    result = torch.full_like(tokens, -100)
    for b, row in enumerate(tokens.tolist()):
        speaks, role = False, -1
        for t, token in enumerate(row):
            if token == start:
                speaks, role = row[t + 1] == assistant, t + 1
            elif speaks and t > role + 1:
                result[b, t - 1] = token
            if token == end:
                speaks = False
    return result


@misconception(
    says="the next token at the places of the learned tokens: the mask has not moved",
    hint="The target at t is the token at t + 1 *if that token is learned*: move tokens and mask together.",
)
def mask_not_shifted(tokens, start, end, assistant):
    result = torch.full_like(tokens, -100)
    for b, row in enumerate(tokens.tolist()):
        speaks, role = False, -1
        for t, token in enumerate(row):
            if token == start:
                speaks, role = row[t + 1] == assistant, t + 1
            elif speaks and t != role:
                result[b, t] = row[t + 1] if t + 1 < len(row) else -100
            if token == end:
                speaks = False
    return result


@misconception(
    says="targets in which every `end` is learned",
    hint="Only the `end` that closes a turn of the assistant is learned: neither that of others, nor padding.",
)
def every_end(tokens, start, end, assistant):
    result = torch.full_like(tokens, -100)
    for b, row in enumerate(tokens.tolist()):
        speaks, role = False, -1
        for t, token in enumerate(row):
            if token == start:
                speaks, role = row[t + 1] == assistant, t + 1
            elif speaks and t != role:
                result[b, t - 1] = token
            if token == end:
                result[b, t - 1] = token
                speaks = False
    return result


@misconception(
    says="targets from any token with the number of the assistant on, up to an `end`",
    hint="Only the token right behind `start` is a role: a word may have the same number.",
)
def any_such_number(tokens, start, end, assistant):
    result = torch.full_like(tokens, -100)
    for b, row in enumerate(tokens.tolist()):
        speaks = False
        for t, token in enumerate(row):
            if speaks:
                result[b, t - 1] = token
            if token == assistant:
                speaks = True
            if token == end:
                speaks = False
    return result


EQUIVALENT = {}
