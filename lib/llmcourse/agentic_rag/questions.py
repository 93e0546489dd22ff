"""Questions that need no passage, one, or several in turn, and corpora that get worse by a known share.

    by_heart    no passage: opposites and plurals, which a language model knows and no passage says
    one hop     `data.country_questions`
    lookups     two hops: first which country it is, then a fact about it ("the currency of the country whose highest
                point is Tahat"). The question names no country, so one search finds the first passage and rarely the
                second
    borders     two hops over a border: `data.border_questions`
    same        several passages at once: which two of three countries share a currency or a type of government
    ARENA       the example of Shao et al. 2023: two hops, and a passage that leads astray

Every question has its gold passages, in reading order, and accepted answers. The Factbook's are made by templates from
fields with short answers, as in `data.countries`.
"""

import functools
import hashlib
import random
import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from .. import data
from ..data.countries import RELATIONS
from ..data.passages import Passage, Question, split

KEYS = {  # topic by whose value a country is known -> how a question says it
    "Highest point": "the country whose highest point is {}",
    "Capital": "the country whose capital is {}",
    "National anthem": 'the country whose national anthem is "{}"',
    "Chief of state": "the country whose chief of state is {}",
}
TARGETS = ("Capital", "Highest point", "Currency", "National holiday", "National anthem")
SHARED = {"Currency": "use the same currency", "Government type": "have the same type of government"}

_BY_HEART = """
What is the opposite of hot? | cold
What is the opposite of up? | down
What is the opposite of big? | small
What is the opposite of black? | white
What is the opposite of day? | night
What is the opposite of good? | bad
What is the opposite of left? | right
What is the opposite of old? | young, new
What is the opposite of fast? | slow
What is the opposite of happy? | sad, unhappy
What is the opposite of rich? | poor
What is the opposite of open? | closed, close, shut
What is the plural of child? | children
What is the plural of mouse? | mice
What is the plural of foot? | feet
What is the plural of man? | men
What is the plural of tooth? | teeth
What is the plural of woman? | women
What colour is grass? | green
What colour is snow? | white
What colour is blood? | red
Which animal barks? | dog
Which animal gives us milk? | cow, goat
What do bees make? | honey
How many days are in a week? | seven, 7
How many legs does a dog have? | four, 4
Which star warms the Earth? | sun
What falls from clouds when it rains? | water, rain
"""


@functools.cache
def by_heart() -> tuple[Question, ...]:
    """Questions without gold passages, half of them in each split."""
    rows = [line.split(" | ") for line in _BY_HEART.strip().splitlines()]
    return tuple(
        Question(text, tuple(answers.split(", ")), (), "by heart", "test" if i % 2 else "dev")
        for i, (text, answers) in enumerate(rows)
    )


@functools.cache
def lookups() -> tuple[Question, ...]:
    """Two hops by inverse look-up, each with (passage of the key, passage of the target) as gold.

    A key is used only if no other country's passage on that topic has the same value, and no title is in it.
    """
    passages = {(p.title, p.topic): p for p in data.countries()}
    return tuple(q for topic in KEYS for title, value in _unique(topic) for q in _asked(title, topic, value, passages))


def _unique(topic: str) -> Iterator[tuple[str, str]]:
    """(country, value) where the value belongs to one country only."""
    read, passages = RELATIONS[topic][1], [p for p in data.countries() if p.topic == topic]
    values = {p.title: answers[0] for p in passages if (answers := _short(read(_body(p))))}
    count = Counter(value.lower() for value in values.values())
    titles = {p.title for p in data.countries()}
    for title, value in values.items():
        if count[value.lower()] == 1 and not any(_within(other, value) for other in titles):
            yield title, value


def _asked(title: str, topic: str, value: str, passages: dict) -> Iterator[Question]:
    for target in TARGETS:
        found = passages.get((title, target))
        if target == topic or not found:
            continue
        template, read = RELATIONS[target]
        answers, text = _short(read(_body(found))), template.format(KEYS[topic].format(value))
        if answers and not any(_within(known, text) for known in (title, *answers)):
            gold = (passages[title, topic].key, found.key)
            yield Question(text, answers, gold, f"{topic.lower()}, then {target.lower()}", split(title))


def _body(passage: Passage) -> str:
    return passage.text.partition(": ")[2]


def _short(answers: Sequence[str]) -> tuple[str, ...]:
    found = tuple(a for a in answers if len(a) > 2)
    return found if found and len(found[0].split()) <= 6 else ()


def _within(part: str, text: str) -> bool:
    """Whether a name is in a text as whole words."""
    return re.search(rf"(?<!\w){re.escape(part)}(?!\w)", text, re.IGNORECASE) is not None


@functools.cache
def same(n: int = 120, seed: int = 0) -> tuple[Question, ...]:
    """Which two of three countries have the same? Three gold passages, all of which have to be read.

    All three are in the same split, as the titles of all questions are.
    """
    rng, found = random.Random(seed), []
    for topic, verb in SHARED.items():
        read = RELATIONS[topic][1]
        passages = [p for p in data.countries() if p.topic == topic]
        value = {p.title: a[0].lower() for p in passages if (a := _short(read(_body(p))))}
        key = {p.title: p.key for p in passages}
        for part in ("dev", "test"):
            names = [title for title in value if split(title) == part and " and " not in title]
            found += [_pair(rng, names, value, key, topic, verb, part) for _ in range(n // 4)]
    return tuple({q.text: q for q in found}.values())


def _pair(rng: random.Random, names: list, value: dict, key: dict, topic: str, verb: str, part: str) -> Question:
    count = Counter(value[name] for name in names)
    a = rng.choice([name for name in names if count[value[name]] > 1])
    b = rng.choice([name for name in names if value[name] == value[a] and name != a])
    c = rng.choice([name for name in names if value[name] != value[a]])
    three = rng.sample([a, b, c], 3)
    text = f"Which two of the countries {three[0]}, {three[1]} and {three[2]} {verb}?"
    gold = tuple(key[name] for name in three)
    return Question(text, (f"{a} and {b}", f"{b} and {a}"), gold, f"same {topic.lower()}", part)


# --- the example of the slides

ARENA_PASSAGES = tuple(
    Passage(f"arena/{title}", title, "Context", f"{title}. Context: {text}", "HotPotQA, in Shao et al. 2023, table 1")
    for title, text in (
        (
            "Lewiston Maineiacs",
            "The Lewiston Maineiacs were a junior ice hockey team ... "
            "The team played its home games at the Androscoggin Bank Colisée ...",
        ),
        ("Bangor Auditorium", "... a 5,948 seat multi-purpose arena located in Bangor, Maine ..."),
        (
            "Androscoggin Bank Colisée",
            "The Androscoggin Bank Colisée (formerly Central Maine Civic Center and Lewiston Colisee) is a "
            "4,000 capacity (3,677 seated) multi-purpose arena ...",
        ),
    )
)
ARENA = Question(
    "The arena where the Lewiston Maineiacs played their home games can seat how many people?",
    ("3,677 seated", "3,677"),
    ("arena/Lewiston Maineiacs", "arena/Androscoggin Bank Colisée"),
    "arena",
    "test",
)
ARENA_DRAFT = (  # what the model of the paper wrote in the first round
    "The Lewiston Maineiacs were a junior ice hockey team of the Quebec Major Junior Hockey League based in Lewiston, "
    "Maine. The team played its home games at the Androscoggin Bank Colisée. The Androscoggin Bank Colisée can seat up "
    "to 5,948 people. So the answer is 5,948"
)


# --- a corpus that gets worse


def corrupted(
    passages: Sequence[Passage], questions: Collection[Question], share: float, noise: Sequence[Passage] = ()
) -> tuple[list[Passage], list[bool]]:
    """A corpus without the gold passages of a share of the questions, and which questions have lost theirs.

    The questions are drawn by a hash, so that what is lost at 20 % is lost at 40 % as well: systems are compared on
    pairs. `noise` is appended. Raises ValueError for a share outside 0 ... 1.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"share is {share}: give a number from 0 to 1.")
    rank = sorted(questions, key=lambda q: hashlib.sha256(q.text.encode()).digest())
    lost = set(rank[: round(share * len(rank))])
    gone = {key for q in lost for key in q.gold}
    kept = [p for p in passages if p.key not in gone]
    return [*kept, *noise], [bool(q.gold) and not gone.isdisjoint(q.gold) for q in questions]
