"""A state is a place in a text: any number of texts may continue from it, with gradients or without."""

import pytest
import torch
from llmcourse.models import GPT, SoftmaxAttention
from llmcourse.recurrence import LinearAttention

mixers = pytest.mark.parametrize("mixer", [SoftmaxAttention, LinearAttention])


def gpt(mixer):
    torch.manual_seed(0)
    return GPT(11, 16, 2, mixer)


def tokens(L):
    return torch.randint(0, 11, (2, L), generator=torch.Generator().manual_seed(0))


@mixers
def test_a_prompt_read_in_training_is_continued(mixer):
    """With gradients on, the state is not forgotten, and gradients flow through it."""
    results = []
    for pieces in ([40], [12, 1, 27]):
        model = gpt(mixer)
        state, out = None, []
        for piece in tokens(40).split(pieces, dim=1):
            logits, state = model(piece, state)
            out.append(logits)
        out = torch.cat(out, 1)
        (out * torch.cos(torch.arange(out.numel())).view_as(out)).sum().backward()
        results.append((out, *(p.grad for p in model.parameters())))
    for whole, pieced in zip(*results):
        assert torch.allclose(whole, pieced, atol=1e-4)


@mixers
def test_two_continuations_of_one_state_do_not_meet(mixer):
    model, x = gpt(mixer), tokens(20)
    with torch.no_grad():
        whole, _ = model(x)
        _, state = model(x[:, :12])
        _, after = model(x[:, 12:13], state)
        model((x[:, 12:13] + 1) % 11, state)  # another text that continues from the same place
        on, _ = model(x[:, 13:], after)
    assert torch.allclose(on, whole[:, 13:], atol=1e-5)


def test_the_cache_copies_nothing_while_there_is_room():
    mixer = SoftmaxAttention(16)
    with torch.no_grad():
        _, state = mixer(torch.randn(1, 5, 16))
        for _ in range(40):
            buffer = state.k.data_ptr()
            _, state = mixer(torch.randn(1, 1, 16), state)
            assert state.k.data_ptr() == buffer


def test_an_empty_prompt_is_refused_in_words():
    with pytest.raises(ValueError, match="at least one character"):
        gpt(SoftmaxAttention).generate(tokens(0), 3, torch.Generator())
