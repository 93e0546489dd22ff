"""Fine-tuning a real model: it learns the answer, with transformers' own loss; its adapters agree with peft's."""

import copy
from functools import partial

import peft
import pytest
import torch
from llmcourse import adapters, models, runtime
from llmcourse.adapters.experiments import KINDS
from llmcourse.models.tuning import IGNORED

PAIRS = [("2 + 3 =", " 5\n"), ("The capital of France is", " Paris"), ("One two three four", " five six seven")]


@pytest.fixture(scope="module")
def lm():
    return models.load(dtype=torch.float32)


def test_the_targets_are_the_answers(lm):
    tokens, targets = models.answer_batch(lm, PAIRS)
    for row, (x, y) in enumerate(zip(tokens, targets)):
        assert lm.tokenizer.decode(y[y != IGNORED]) == PAIRS[row][1]
        places = (y != IGNORED).nonzero()[:, 0]
        assert torch.equal(x[places + 1], y[places]), "a target is the token that comes next"


def test_the_loss_is_transformers(lm):
    tokens, targets = models.answer_batch(lm, PAIRS)
    labels = torch.cat(
        [torch.full_like(targets[:, :1], IGNORED), targets[:, :-1]], 1
    )  # transformers shifts them itself
    with torch.no_grad():
        theirs = lm.model(tokens, labels=labels).loss
        ours = models.answer_loss(lm.model, (tokens, targets))
    assert ours.item() == pytest.approx(theirs.item(), rel=1e-5)


def test_no_pair_is_twice_in_a_batch_and_a_seed_repeats(lm):
    draw = lambda: next(models.answer_batches(lm, PAIRS, 3, torch.Generator().manual_seed(1)))
    first, again = draw(), draw()
    assert torch.equal(first[0], again[0]) and len({tuple(row.tolist()) for row in first[0]}) == 3


def test_an_answer_is_right_when_the_model_writes_it(lm):
    prompts = [prompt for prompt, _ in PAIRS[1:]]  # what follows a number ends in the middle of a word
    own = list(zip(prompts, lm.generate(prompts, tokens=3)))
    assert models.answered(lm, own) == 1
    assert models.answered(lm, [*own, ("2 + 3 =", " purple elephants")]) == pytest.approx(2 / 3)


def test_empty_texts_are_named(lm):
    for pair in (("", "5"), ("2 + 3 =", "")):
        with pytest.raises(ValueError, match="nothing to ask, or nothing to learn"):
            models.answer_batch(lm, [pair])


def test_on_smollm2_an_adapter_is_pefts_and_learns(lm, tmp_path):
    adapters.attach(lm.model, "x", partial(adapters.LoRA, r=2, alpha=4), KINDS)
    try:
        learned = [p for p in lm.model.parameters() if p.requires_grad]
        batches = models.answer_batches(lm, PAIRS[:1], 1, runtime.seed(0))
        history = models.train(
            lm.model, batches, 4, lr=1e-2, warm_up=1, loss=models.answer_loss, groups=[{"params": learned}]
        )
        assert history.loss[-1] < history.loss[0] / 2
        tokens, _ = models.answer_batch(lm, PAIRS)
        with torch.no_grad():
            ours = lm.model(tokens).logits
        count = adapters.trainable(lm.model)
        adapters.save(lm.model, "x", tmp_path)
    finally:
        adapters.detach(lm.model)
    theirs = peft.PeftModel.from_pretrained(copy.deepcopy(lm.model), tmp_path, is_trainable=True)
    assert theirs.get_nb_trainable_parameters()[0] == count
    with torch.no_grad():
        assert torch.allclose(theirs.eval()(tokens).logits, ours, atol=1e-3)
        assert not torch.allclose(lm.model(tokens).logits, ours, atol=1e-1)
