"""Tasks on passages of the Factbook: read a fact, classify a passage. The country's other fact is there to distract."""

import re
from random import Random

from llmcourse.data.countries import RELATIONS

from .arithmetic import YES_NO
from .program import Program
from .source import Source, by_topic

BESIDES = ("Terrain", "Export commodities", "Natural resources", "Location")  # short passages without names to confuse
PARTS = ("Africa", "Asia", "Europe", "America", "Oceania", "Caribbean")
MOST = 45  # words of a passage: longer ones are cut


def cut(text: str) -> str:
    return " ".join(text.split()[:MOST])


def programs(source: Source) -> list[Program]:
    return [*read(source), *classified(source)]


def read(source: Source) -> list[Program]:
    def drawing(relation: str):
        def draw(rng: Random) -> str:
            q = source.question(rng, relation)
            title = q.gold[0].split("/")[1]
            fact, other = source.of(title, relation), source.of(title, rng.choice(BESIDES))
            return "\n".join(rng.sample([cut(p.text) for p in (fact, other) if p], 2 if other else 1))

        return draw

    def answering(relation: str):
        def solve(x: str) -> str:
            (line,) = [line for line in x.splitlines() if f". {relation}: " in line]
            return RELATIONS[relation][1](line.partition(f". {relation}: ")[2])[0]

        return solve

    def make(name: str, relation: str, what: str, why: str) -> Program:
        return Program(
            name,
            "facts",
            f"You are given a few lines on a country. {what}",
            drawing(relation),
            answering(relation),
            why,
            lambda x: x.split(". ")[0],
            '"{wrong}" is the country itself. The answer is "{y}".',
        )

    return [
        make("capital", "Capital", "Write the name of its capital.", 'The capital is given as "{y}".'),
        make("currency", "Currency", "Write the name of its currency.", 'The currency is given as "{y}".'),
        make("holiday", "National holiday", "Write the day of its national holiday.", 'The holiday is on "{y}".'),
        make("mountain", "Highest point", "Write the name of its highest point.", 'The highest point is "{y}".'),
        make(
            "customer",
            "Export partners",
            "Write the country that buys the largest share of its exports.",
            'Export partners are listed with the largest share first: "{y}".',
        ),
        make("symbol", "National symbol", "Write its national symbol, without the colours.", 'The symbol is "{y}".'),
    ]


def classified(source: Source) -> list[Program]:
    bare = lambda passage: cut(passage.text.partition(": ")[2])
    with_country = lambda passage: cut(passage.text.replace(f"{passage.topic}: ", ""))
    labels = {"Climate": "climate", "Terrain": "terrain", "Religions": "religion", "Industries": "industry"}

    def one_of(topics: tuple[str, ...], fits=lambda text: True, shown=bare):
        """A passage on one of the topics; `bare`: without country and topic."""

        def draw(rng: Random) -> str:
            while True:
                text = shown(source.passage(rng, rng.choice(topics)))
                if fits(text) and len(text.split()) > 2:
                    return text

        return draw

    def known(topics: tuple[str, ...], names: dict[str, str]):
        """The label of a passage, by looking for the text: a shared text has the label of the topic named first."""
        found = {bare(p): names[t] for t in reversed(topics) for p in by_topic(source.half, t)}
        return found.__getitem__

    def part_of_world(x: str) -> str:
        return next(name for name in PARTS if name in x)

    def vote(first: str, second: str):
        """Which of two words a text contains; used where it contains one of them."""
        return lambda x: first if re.search(rf"\b{first}", x) else second

    one_part = lambda text: sum(name in text for name in PARTS) == 1
    either = lambda a, b: lambda text: bool(re.search(rf"\b{a}", text)) != bool(re.search(rf"\b{b}", text))
    other = lambda solve, names: lambda x: next(name for name in names if name != solve(x))
    trade = {"Agricultural products": "farming", "Industries": "industry"}
    topic, product = known(tuple(labels), labels), known(tuple(trade), trade)
    year = lambda x: "yes" if re.search(r"\b(1[5-9]|20)\d\d\b", x) else "no"
    warm, crown = vote("tropical", "temperate"), vote("monarchy", "republic")
    make = lambda *rest: Program(rest[0], "topics", *rest[1:])
    return [
        make(
            "topic",
            'You are given a passage on a country. Write its topic: "climate", "terrain", "religion" or "industry".',
            one_of(tuple(labels)),
            topic,
            "The passage is about the country's {y}.",
            other(topic, ("industry", "climate")),
            "The passage does not speak of {wrong}. Its topic is {y}.",
        ),
        make(
            "part_of_the_world",
            "You are given where a country lies. Write the part of the world that is named: Africa, Asia, Europe, "
            "America, Oceania or Caribbean.",
            one_of(("Location",), one_part),
            part_of_world,
            "{y} is named in the text.",
            other(part_of_world, ("Asia", "Africa")),
            "{wrong} is not named in the text; {y} is.",
        ),
        make(
            "farm_or_factory",
            'You are given a list of products. Do they come from "farming" or from "industry"? Write one of the two.',
            one_of(tuple(trade)),
            product,
            "Most of what is listed comes from {y}.",
            other(product, ("farming", "industry")),
            "Most of what is listed does not come from {wrong}. It comes from {y}.",
        ),
        make(
            "names_a_year",
            'You are given a passage on a country. Is there a year in it, such as 1960? Write "yes" or "no".',
            one_of(("Independence", "Terrain", "Export commodities", "Natural resources", "Climate")),
            year,
            "Looking for a number of four digits that is a year gives the answer {y}.",
            lambda x: YES_NO[year(x)],
            "Read the numbers once more: the answer is {y}.",
        ),
        make(
            "tropical_or_temperate",
            'You are given a passage on a climate. Is it "tropical" or "temperate"? Write one of the two.',
            one_of(("Climate",), either("tropical", "temperate")),
            warm,
            "The climate is called {y}.",
            other(warm, ("tropical", "temperate")),
            "Nothing in the passage is called {wrong}. The climate is {y}.",
        ),
        make(
            "monarchy_or_republic",
            'You are given how a country is governed. Is it a "monarchy" or a "republic"? Write one of the two.',
            one_of(("Government type",), either("monarchy", "republic"), with_country),
            crown,
            "The country is called a {y}.",
            other(crown, ("monarchy", "republic")),
            "It is not called a {wrong}, but a {y}.",
        ),
    ]
