"""Test tasks that compare two countries by passages of the Factbook."""

import re
from random import Random

from .arithmetic import YES_NO
from .program import Program
from .source import Source, by_topic

YEAR = re.compile(r"\b(1[5-9]\d\d|20\d\d)\b")
PARTS = ("Africa", "Asia", "Europe", "America", "Oceania")


def name(line: str) -> str:
    return line.split(". ")[0]


def number(line: str) -> float:
    """The first number of a passage, behind its topic: "Peru. Population: 32,600,249 (2024 est.)"."""
    return float(re.search(r"-?[\d,]*\d(\.\d+)?", line.partition(": ")[2])[0].replace(",", ""))


def year(line: str) -> float:
    return float(YEAR.search(line)[0])


def programs(source: Source) -> list[Program]:
    def two(topic: str, key, fits=lambda text: True):
        """Two countries' passages on a topic, on a line each, with different values."""

        def draw(rng: Random) -> str:
            while True:
                lines = [p.text for p in source.two(rng, topic)]
                if all(map(fits, lines)) and key(lines[0]) != key(lines[1]):
                    return "\n".join(lines)

        return draw

    def neighbours(rng: Random) -> str:
        """A country's borders, and a country that is there or not."""
        line = source.passage(rng, "Border countries").text
        there = re.findall(r"([A-Z][A-Za-z .'-]+?) \d", line.partition(": ")[2])
        others = [name(p.text) for p in by_topic(source.half, "Border countries") if name(p.text) not in line]
        return f"{line}\nCountry: {rng.choice(there if there and rng.random() < 0.5 else others)}"

    def parts(rng: Random) -> str:
        while True:
            lines = [p.text for p in source.two(rng, "Location")]
            if all(sum(p in line for p in PARTS) == 1 for line in lines):
                return "\n".join(lines)

    part = lambda line: next((p for p in PARTS if p in line), "")
    same = lambda x: "yes" if len({part(line) for line in x.splitlines()}) == 1 else "no"
    borders = lambda x: "yes" if x.split("\nCountry: ")[1] in x.split("\nCountry: ")[0] else "no"
    best = lambda choose, key: lambda x: name(choose(x.splitlines(), key=key))
    metres = lambda text: bool(re.search(r": [^;]*?-?[\d,]+ m\b", text))
    height = lambda line: float(re.search(r"(-?[\d,]+) m\b", line)[1].replace(",", ""))
    plain = lambda text: bool(re.search(r"Population: [\d,]+ ", text))
    dated = lambda text: len(set(YEAR.findall(text))) == 1
    make = lambda *rest: Program(rest[0], "countries", *rest[1:])
    return [
        make(
            "more_people",
            "Compare two countries: in which of them do more people live? Answer with the country.",
            two("Population", number, plain),
            best(max, number),
            "The population of {y} is the larger number.",
            best(min, number),
            "Fewer people live in {wrong}. More live in {y}.",
        ),
        make(
            "fewer_people",
            "Compare two countries: in which of them do fewer people live? Answer with the country.",
            two("Population", number, plain),
            best(min, number),
            "The population of {y} is the smaller number.",
            best(max, number),
            "More people live in {wrong}. Fewer live in {y}.",
        ),
        make(
            "independent_earlier",
            "Compare two countries: which became independent in an earlier year? Answer with the country.",
            two("Independence", year, dated),
            best(min, year),
            "The year of {y} is the earlier one.",
            best(max, year),
            "{wrong} became independent later than {y}.",
        ),
        make(
            "higher_mountain",
            "Compare two countries: whose highest point lies at a greater height? Answer with the country.",
            two("Highest point", height, metres),
            best(max, height),
            "The highest point of {y} lies at more metres.",
            best(min, height),
            "The highest point of {wrong} lies at fewer metres than that of {y}.",
        ),
        make(
            "same_continent",
            'Do these two countries lie in the same part of the world? Answer "yes" or "no".',
            parts,
            same,
            "Comparing the parts of the world that are named gives the answer {y}.",
            lambda x: YES_NO[same(x)],
            "Compare the parts of the world that are named: the answer is {y}.",
        ),
        make(
            "neighbours",
            'After the borders of a country stands another country. Does it share a border? Answer "yes" or "no".',
            neighbours,
            borders,
            "Looking for the country among the borders gives the answer {y}.",
            lambda x: YES_NO[borders(x)],
            "Look for the country among the borders: the answer is {y}.",
        ),
    ]
