"""The corpora for retrieval: every question can be answered from its gold passages, and nothing leaks the answer."""

import re
from collections import Counter

import pytest
from llmcourse import data
from llmcourse.data import passages

CORPORA = {
    "2025": (lambda: data.countries(2025), lambda: data.country_questions(2025), 6508, 2000),
    "2015": (lambda: data.countries(2015), lambda: data.country_questions(2015), 6122, 1900),
    "manual": (data.manual, data.manual_questions, 1162, 69),
}
corpora = pytest.mark.parametrize("name", CORPORA)


def by_key(found):
    return {passage.key: passage for passage in found}


@corpora
def test_passages_are_whole_and_unlike(name):
    found = CORPORA[name][0]()
    assert len(found) == CORPORA[name][2] == len(by_key(found))
    for passage in found:
        assert passage.text.startswith(f"{passage.title}. {passage.topic}: ") and passage.source
        assert passage.text.isascii() and passage.text == " ".join(passage.text.split())
        assert not re.search(r"</?\w+>|&\w+;", passage.text), passage.text  # markup
        assert len(passage.text.split()) <= 125


@corpora
def test_the_gold_passage_holds_an_answer(name):
    found, questions = by_key(CORPORA[name][0]()), CORPORA[name][1]()
    assert len(questions) >= CORPORA[name][3]
    for question in questions:
        (gold,) = question.gold
        assert any(answer in found[gold].text for answer in question.answers), question
        assert question.text.endswith("?") and len(question.answers[0].split()) <= 6


@corpora
def test_a_title_is_in_one_split(name):
    found, questions = by_key(CORPORA[name][0]()), CORPORA[name][1]()
    splits = {found[q.gold[0]].title: set() for q in questions}
    for q in questions:
        splits[found[q.gold[0]].title].add(q.split)
    assert all(len(s) == 1 for s in splits.values())
    counts = Counter(q.split for q in questions)
    assert set(counts) == {"dev", "test"} and min(counts.values()) > 0.4 * len(questions)


def test_every_relation_can_be_measured():
    counts = Counter(q.relation for q in data.country_questions() if q.split == "test")
    assert len(counts) == 10 and min(counts.values()) >= 70


def test_what_changed_is_another_answer():
    now, then = by_key(data.countries(2025)), by_key(data.countries(2015))
    changed = data.changed_questions()
    assert len(changed) > 200 and len({c.relation for c in changed}) == 3
    for c in changed:
        assert any(a in now[c.gold_now].text for a in c.now) and any(a in then[c.gold_then].text for a in c.then)
        assert not any(a.lower() in now[c.gold_now].text.lower() for a in c.then), c


def test_two_hops_lead_over_the_border_to_the_answer():
    found, questions = by_key(data.countries()), data.border_questions()
    assert len(questions) > 100 and len({q.text for q in questions}) == len(questions)
    for q in questions:
        border, target = (found[key] for key in q.gold)
        assert border.topic == "Border countries" and border.title in q.text
        assert target.title in border.text and not re.search(rf"\b{target.title}\b", q.text)
        assert q.answers[0] in target.text and q.answers[0] not in border.text


def test_only_the_neighbours_meet_the_condition():
    """Only the country that the question asks about is in the border lists of both countries."""
    texts = {p.title: re.sub(r" \(.*?\)", "", p.text) for p in data.countries() if p.topic == "Border countries"}
    titles = {p.title for p in data.countries() if p.topic == "Capital"}
    for q in data.border_questions():
        pair = re.search(r"borders both (.+) and (.+)\?", q.text)
        if pair and all(name in texts for name in pair.groups()):
            lists = [{t for t in titles if re.search(rf"\b{re.escape(t)} [\d.,]+ km", texts[n])} for n in pair.groups()]
            assert len(lists[0] & lists[1]) == 1, q


def test_an_edition_that_is_not_here_is_named():
    with pytest.raises(ValueError, match=r"no edition of 2020 here\. Choose 2015 or 2025"):
        data.countries(2020)


def test_the_split_never_changes():
    assert [passages.split(t) for t in ("France", "Peru", "Kenya", "AdamW")] == ["dev", "dev", "dev", "test"]
