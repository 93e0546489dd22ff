"""The capstone: what is learned from, how readers are compared, and the whole experiment in miniature."""

import pytest
import torch
from llmcourse import models
from llmcourse.knowledge import capstone_experiments as capstone
from llmcourse.knowledge.lecture_16 import claims
from llmcourse.knowledge.reading_experiments import REGIONS, region
from llmcourse.retrieval.evaluate import contains

RECORD = {
    "hops": [1, 1, 2, 3],
    "rows": [
        {"reader": reader, "seed": seed, "contexts": {c: {"right": right(c)} for c in capstone.CONTEXTS}}
        for reader, seed, right in (
            ("as it is", -1, lambda c: [0, 0, 0, 0]),
            ("form", 0, lambda c: [0, 0, 0, 1]),
            ("reading", 0, lambda c: [1, 1, 0, 0] if c == "3 passages" else [0, 0, 0, 0]),
            ("reading", 1, lambda c: [1, 1, 1, 0] if c == "3 passages" else [0, 0, 0, 0]),
        )
    ],
}


def test_a_question_counts_with_its_mean_over_seeds():
    assert claims.right(RECORD, "reading", "3 passages") == [1, 1, 0.5, 0]
    assert claims.right(RECORD, "reading", "3 passages", (2, 3)) == [0.5, 0]
    assert claims.right(RECORD, "as it is", "nothing") == [0, 0, 0, 0]


def test_verdicts_follow_the_numbers():
    text = claims.verdicts(RECORD).plain
    assert text.count("\n") >= 4 and "+0.62" in text  # reading over the model as it is: mean of 1, 1, 0.5, 0


def test_no_region_is_both_learned_from_and_asked_about():
    assert not {*capstone.LEARNED_ON, capstone.VALIDATED_ON} & set(REGIONS)
    assert capstone.VALIDATED_ON not in capstone.LEARNED_ON


@pytest.mark.slow
def test_the_answer_stands_in_what_is_learned_from_and_the_control_sees_no_text():
    lm = models.load(dtype=torch.float32)
    items = capstone.items(lm, ["Middle East"], 2)
    assert items and all(contains(" ".join(item.read), [item.answer]) for item in items)
    with_text, without = capstone.pairs(items, True), capstone.pairs(items, False)
    assert [answer for _, answer in with_text] == [answer for _, answer in without]
    assert all("Facts:" in prompt for prompt, _ in with_text) and not any("Facts:" in prompt for prompt, _ in without)
    asked = {q.text for name in REGIONS for q in region(name).questions}
    assert not asked & {item.question for item in items}


@pytest.mark.slow
def test_the_whole_experiment_in_miniature(monkeypatch):
    monkeypatch.setattr(capstone, "RATES", (1e-3, 3e-3))
    monkeypatch.setattr(capstone, "VALIDATED", 2)
    found = capstone.together(
        ("South Asia",), 1, seeds=1, steps=1, search=1, learned_on=("Middle East",), learned_each=1
    )
    assert [row["reader"] for row in found["rows"]] == ["as it is", "form", "reading"]
    assert {len(c["right"]) for row in found["rows"] for c in row["contexts"].values()} == {len(found["questions"])}
    assert found["rates"].keys() == found["tried"].keys() == {"form", "reading"}
    assert claims.verdicts(found).plain
