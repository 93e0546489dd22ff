"""The private half of rationalisation."""

import torch
from llmcourse.checks.labs.bootstrapping.rationalisation import tries

from grading.exercises import misconception, reference, variant

CASES = {"thirty questions": tries(30, 6, 8), "seven questions": tries(7, 1, 1)}


@reference
def training_set(plain, hinted, first, told, gold):
    right = first[:, -1] == gold
    rationale = torch.where(right[:, None], first, told)
    enters = right | (told[:, -1] == gold)
    tokens = torch.cat([plain, rationale], dim=1)
    targets = torch.cat([torch.full_like(plain, -100), rationale], dim=1)
    return tokens[enters], targets[enters]


@variant
def in_a_loop(plain, hinted, first, told, gold):
    tokens, targets = [], []
    for question, z, with_hint, answer in zip(plain, first, told, gold):
        chosen = z if z[-1] == answer else with_hint if with_hint[-1] == answer else None
        if chosen is not None:
            tokens.append(torch.cat([question, chosen]))
            targets.append(torch.cat([torch.full_like(question, -100), chosen]))
    if not tokens:
        return (plain.new_empty(0, plain.shape[1] + first.shape[1]),) * 2
    return torch.stack(tokens), torch.stack(targets)


@variant
def by_masking(plain, hinted, first, told, gold):
    after_hint = (told[:, -1] == gold) & (first[:, -1] != gold)
    rationale = first * (1 - after_hint[:, None].long()) + told * after_hint[:, None].long()
    keep = (rationale[:, -1] == gold).nonzero()[:, 0]
    tokens = torch.cat([plain, rationale], 1)[keep]
    targets = tokens.clone()
    targets[:, : plain.shape[1]] = -100
    return tokens, targets


@misconception(
    says="a set in which rationales after a hint stand behind the question with the hint",
    hint="At test time nobody tells the answer: train on the plain question.",
)
def keeps_hint(plain, hinted, first, told, gold):
    right = first[:, -1] == gold
    rationale = torch.where(right[:, None], first, told)
    enters = right | (told[:, -1] == gold)
    question = torch.where(right[:, None], plain, hinted)
    targets = torch.cat([torch.full_like(plain, -100), rationale], dim=1)
    return torch.cat([question, rationale], dim=1)[enters], targets[enters]


@misconception(
    says="a set without rationalisation: first tries alone",
    hint="A question whose first try is wrong has a second chance, the rationale that was written with the hint.",
)
def first_tries_alone(plain, hinted, first, told, gold):
    right = first[:, -1] == gold
    targets = torch.cat([torch.full_like(plain, -100), first], dim=1)
    return torch.cat([plain, first], dim=1)[right], targets[right]


@misconception(
    says="a set in which rationales after a hint are not checked",
    hint="A model may miss the answer even when it is told: keep only what ends in it.",
)
def unchecked(plain, hinted, first, told, gold):
    right = first[:, -1] == gold
    rationale = torch.where(right[:, None], first, told)
    targets = torch.cat([torch.full_like(plain, -100), rationale], dim=1)
    return torch.cat([plain, rationale], dim=1), targets


@misconception(
    says="a set that prefers the rationale after a hint, where both are right",
    hint="The hint is for questions that the model fails: a first try that is right stays.",
)
def prefers_hint(plain, hinted, first, told, gold):
    told_right = told[:, -1] == gold
    rationale = torch.where(told_right[:, None], told, first)
    enters = told_right | (first[:, -1] == gold)
    targets = torch.cat([torch.full_like(plain, -100), rationale], dim=1)
    return torch.cat([plain, rationale], dim=1)[enters], targets[enters]


@misconception(
    says="a set with all first tries that are right, and after them all rationales that are right with the hint",
    hint="One rationale for each question, in the order of the questions; the hint only where the first try is wrong.",
)
def takes_both(plain, hinted, first, told, gold):
    a, b = first[:, -1] == gold, told[:, -1] == gold
    rationale = torch.cat([first[a], told[b]])
    question = torch.cat([plain[a], plain[b]])
    return torch.cat([question, rationale], dim=1), torch.cat([torch.full_like(question, -100), rationale], dim=1)


@misconception(
    says="the right rows, first tries before those after a hint",
    hint="Leave the questions in their order.",
)
def grouped(plain, hinted, first, told, gold):
    a = first[:, -1] == gold
    b = (told[:, -1] == gold) & ~a
    rationale, question = torch.cat([first[a], told[b]]), torch.cat([plain[a], plain[b]])
    return torch.cat([question, rationale], dim=1), torch.cat([torch.full_like(question, -100), rationale], dim=1)


@misconception(
    says="a set in which the question is a target too",
    hint="The model is asked questions, and should not learn to write them: targets are -100 there.",
)
def learns_questions(plain, hinted, first, told, gold):
    right = first[:, -1] == gold
    rationale = torch.where(right[:, None], first, told)
    enters = right | (told[:, -1] == gold)
    tokens = torch.cat([plain, rationale], dim=1)[enters]
    return tokens, tokens.clone()


@misconception(
    says="a set in which the answer alone is a target",
    hint="The rationale is what is to be learned: all of its tokens are targets.",
)
def answers_only(plain, hinted, first, told, gold):
    right = first[:, -1] == gold
    rationale = torch.where(right[:, None], first, told)
    enters = right | (told[:, -1] == gold)
    tokens = torch.cat([plain, rationale], dim=1)[enters]
    targets = torch.full_like(tokens, -100)
    targets[:, -1] = tokens[:, -1]
    return tokens, targets


@misconception(
    says="a set that keeps first tries with a wrong answer",
    hint="A first try enters when its last token is the right answer; `==`, not `!=`.",
)
def first_wrong(plain, hinted, first, told, gold):
    wrong = first[:, -1] != gold
    rationale = torch.where(wrong[:, None], first, told)
    enters = wrong | (told[:, -1] == gold)
    targets = torch.cat([torch.full_like(plain, -100), rationale], dim=1)
    return torch.cat([plain, rationale], dim=1)[enters], targets[enters]


@misconception(
    says="a set in which what was written after a hint enters when it ends like the first try",
    hint="Both may be wrong in the same way: compare with `gold`.",
)
def told_like_first(plain, hinted, first, told, gold):
    right = first[:, -1] == gold
    enters = right | (told[:, -1] == first[:, -1])
    rationale = torch.where(right[:, None], first, told)
    tokens = torch.cat([plain, rationale], dim=1)
    targets = torch.cat([torch.full_like(plain, -100), rationale], dim=1)
    return tokens[enters], targets[enters]


@misconception(
    says="a set in which the first try stands wherever one of the two is right",
    hint="Where the first try is wrong, what was written after the hint takes its place.",
)
def first_everywhere(plain, hinted, first, told, gold):
    right = first[:, -1] == gold
    enters = right | (told[:, -1] == gold)
    rationale = first
    tokens = torch.cat([plain, rationale], dim=1)
    targets = torch.cat([torch.full_like(plain, -100), rationale], dim=1)
    return tokens[enters], targets[enters]


@misconception(
    says="a set with `told` where the first try is right, and `first` where it is wrong",
    hint="`torch.where(condition, a, b)` takes a where the condition holds.",
)
def branches_exchanged(plain, hinted, first, told, gold):
    right = first[:, -1] == gold
    enters = right | (told[:, -1] == gold)
    rationale = torch.where(right[:, None], told, first)
    tokens = torch.cat([plain, rationale], dim=1)
    targets = torch.cat([torch.full_like(plain, -100), rationale], dim=1)
    return tokens[enters], targets[enters]


@misconception(
    says="a set in which both rationales of a question enter where both are right",
    hint="One rationale for each question: what was written after the hint only *else*.",
)
def both_in_turn(plain, hinted, first, told, gold):
    rationale = torch.stack([first, told], 1)
    enters = rationale[..., -1] == gold[:, None]
    tokens = torch.cat([plain[:, None].expand(-1, 2, -1), rationale], dim=2)[enters]
    targets = tokens.clone()
    targets[:, : plain.shape[1]] = -100
    return tokens, targets


@misconception(
    says="a set that leaves out questions with two right rationales",
    hint="Enough that one is right: `|`, not `^`.",
)
def exclusive(plain, hinted, first, told, gold):
    right = first[:, -1] == gold
    enters = right ^ (told[:, -1] == gold)
    rationale = torch.where(right[:, None], first, told)
    tokens = torch.cat([plain, rationale], dim=1)
    targets = torch.cat([torch.full_like(plain, -100), rationale], dim=1)
    return tokens[enters], targets[enters]


@misconception(
    says="a set of the questions for which both rationales are right",
    hint="Enough that one is right: `|`, not `&`.",
)
def both_needed(plain, hinted, first, told, gold):
    right = first[:, -1] == gold
    enters = right & (told[:, -1] == gold)
    rationale = torch.where(right[:, None], first, told)
    tokens = torch.cat([plain, rationale], dim=1)
    targets = torch.cat([torch.full_like(plain, -100), rationale], dim=1)
    return tokens[enters], targets[enters]


@misconception(
    says="a set that takes a rationale for right when the answer is somewhere in it",
    hint="The answer of a rationale is its last token: `first[:, -1]`.",
)
def anywhere(plain, hinted, first, told, gold):
    right = (first == gold[:, None]).any(1)
    enters = right | (told == gold[:, None]).any(1)
    rationale = torch.where(right[:, None], first, told)
    tokens = torch.cat([plain, rationale], dim=1)
    targets = torch.cat([torch.full_like(plain, -100), rationale], dim=1)
    return tokens[enters], targets[enters]


@misconception(
    says="a set that looks for the answer in the first token",
    hint="The answer of a rationale is its last token: `first[:, -1]`.",
)
def first_token(plain, hinted, first, told, gold):
    right = first[:, 0] == gold
    enters = right | (told[:, 0] == gold)
    rationale = torch.where(right[:, None], first, told)
    tokens = torch.cat([plain, rationale], dim=1)
    targets = torch.cat([torch.full_like(plain, -100), rationale], dim=1)
    return tokens[enters], targets[enters]


@misconception(
    says="a set in which questions without a right rationale stay, with targets of -100",
    hint="Only the M questions that enter have a row: index with the mask, `tokens[enters]`.",
)
def kept_as_ignored(plain, hinted, first, told, gold):
    right = first[:, -1] == gold
    enters = right | (told[:, -1] == gold)
    rationale = torch.where(right[:, None], first, told)
    tokens = torch.cat([plain, rationale], dim=1)
    targets = torch.cat([torch.full_like(plain, -100), rationale], dim=1).masked_fill(~enters[:, None], -100)
    return tokens, targets


@misconception(
    says="the right tokens, with -100 for the rationale in place of the question",
    hint="The loss ignores -100: it belongs to the first Q places, the question.",
)
def rationale_ignored(plain, hinted, first, told, gold):
    right = first[:, -1] == gold
    enters = right | (told[:, -1] == gold)
    rationale = torch.where(right[:, None], first, told)
    tokens = torch.cat([plain, rationale], dim=1)
    targets = torch.cat([plain, torch.full_like(rationale, -100)], dim=1)
    return tokens[enters], targets[enters]


@misconception(
    says="the right tokens, with the last token of the question for a target",
    hint="All Q places of the question are -100. (The shift by one is the loss's business.)",
)
def one_place_less(plain, hinted, first, told, gold):
    right = first[:, -1] == gold
    enters = right | (told[:, -1] == gold)
    rationale = torch.where(right[:, None], first, told)
    tokens = torch.cat([plain, rationale], dim=1)
    targets = torch.cat([torch.full_like(plain[:, 1:], -100), tokens[:, plain.shape[1] - 1 :]], dim=1)
    return tokens[enters], targets[enters]


@misconception(
    says="the right tokens, with -100 for the first token of the rationale too",
    hint="The rationale is a target from its first token on: -100 at Q places.",
)
def one_place_more(plain, hinted, first, told, gold):
    right = first[:, -1] == gold
    enters = right | (told[:, -1] == gold)
    rationale = torch.where(right[:, None], first, told)
    tokens = torch.cat([plain, rationale], dim=1)
    targets = torch.cat(
        [torch.full_like(plain, -100), torch.full_like(rationale[:, :1], -100), rationale[:, 1:]], dim=1
    )
    return tokens[enters], targets[enters]


@misconception(
    says="the right tokens, with -100 for the answer too",
    hint="The whole rationale is a target, its last token among them.",
)
def answer_ignored(plain, hinted, first, told, gold):
    right = first[:, -1] == gold
    enters = right | (told[:, -1] == gold)
    rationale = torch.where(right[:, None], first, told)
    tokens = torch.cat([plain, rationale], dim=1)
    targets = torch.cat(
        [torch.full_like(plain, -100), rationale[:, :-1], torch.full_like(rationale[:, :1], -100)], dim=1
    )
    return tokens[enters], targets[enters]


@misconception(
    says="the right tokens, with 0 at the places of the question",
    hint="0 is a token like any other, and would be learned; -100 is what the loss ignores.",
)
def zeros_for_ignored(plain, hinted, first, told, gold):
    right = first[:, -1] == gold
    enters = right | (told[:, -1] == gold)
    rationale = torch.where(right[:, None], first, told)
    tokens = torch.cat([plain, rationale], dim=1)
    targets = torch.cat([torch.zeros_like(plain), rationale], dim=1)
    return tokens[enters], targets[enters]


@misconception(
    says="the right tokens, with targets one place to the left, as the next token",
    hint="Targets are the same tokens at the same places; the loss does the shift.",
)
def shifted(plain, hinted, first, told, gold):
    right = first[:, -1] == gold
    enters = right | (told[:, -1] == gold)
    rationale = torch.where(right[:, None], first, told)
    tokens = torch.cat([plain, rationale], dim=1)
    targets = torch.cat([torch.full_like(plain, -100), rationale], dim=1).roll(-1, 1)
    return tokens[enters], targets[enters]


@misconception(
    says="the right tokens, with the rationale alone for targets, (M, S)",
    hint="Targets have a place for each token: -100 at the Q places of the question in front.",
)
def targets_short(plain, hinted, first, told, gold):
    right = first[:, -1] == gold
    enters = right | (told[:, -1] == gold)
    rationale = torch.where(right[:, None], first, told)
    tokens = torch.cat([plain, rationale], dim=1)
    targets = rationale
    return tokens[enters], targets[enters]


@misconception(
    says="the right targets, with -100 in the tokens as well",
    hint="Both are one tensor in memory: write into `tokens.clone()`.",
)
def one_memory(plain, hinted, first, told, gold):
    right = first[:, -1] == gold
    enters = right | (told[:, -1] == gold)
    rationale = torch.where(right[:, None], first, told)
    tokens = torch.cat([torch.full_like(plain, -100), rationale], dim=1)
    targets = tokens
    return tokens[enters], targets[enters]


@misconception(
    says="rows with the rationale in front of the question",
    hint="First comes the question, and the rationale behind it.",
)
def rationale_in_front(plain, hinted, first, told, gold):
    right = first[:, -1] == gold
    enters = right | (told[:, -1] == gold)
    rationale = torch.where(right[:, None], first, told)
    tokens = torch.cat([rationale, plain], dim=1)
    targets = torch.cat([rationale, torch.full_like(plain, -100)], dim=1)
    return tokens[enters], targets[enters]


@misconception(
    says="a set with the hinted question in front of every rationale",
    hint="At test time nobody tells the answer: train on the plain question.",
)
def hinted_everywhere(plain, hinted, first, told, gold):
    right = first[:, -1] == gold
    enters = right | (told[:, -1] == gold)
    rationale = torch.where(right[:, None], first, told)
    tokens = torch.cat([hinted, rationale], dim=1)
    targets = torch.cat([torch.full_like(plain, -100), rationale], dim=1)
    return tokens[enters], targets[enters]


@misconception(
    says="the right set, and an error where nothing enters",
    hint="M may be 0: begin with empty tensors, or take rows with a mask, `tokens[enters]`.",
)
def stack_of_nothing(plain, hinted, first, told, gold):
    tokens, targets = [], []
    for question, z, with_hint, answer in zip(plain, first, told, gold):
        chosen = z if z[-1] == answer else with_hint if with_hint[-1] == answer else None
        if chosen is not None:
            tokens.append(torch.cat([question, chosen]))
            targets.append(torch.cat([torch.full_like(question, -100), chosen]))
    return torch.stack(tokens), torch.stack(targets)


@misconception(
    says="the right tokens, with -100 for every token that is also in the question",
    hint="-100 belongs to the *places* of the question, the first Q: its tokens may come again in the rationale.",
)
def ignored_by_value(plain, hinted, first, told, gold):
    right = first[:, -1] == gold
    rationale = torch.where(right[:, None], first, told)
    enters = right | (told[:, -1] == gold)
    tokens = torch.cat([plain, rationale], dim=1)
    known = (tokens[:, :, None] == plain[:, None]).any(-1)
    return tokens[enters], tokens.masked_fill(known, -100)[enters]
