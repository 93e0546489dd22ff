"""Knowledge graphs as they are published: readers for the formats of Wikidata, DBpedia and ConceptNet.

    wikidata_dump   JSON, one entity a line, as in latest-all.json
    n_triples       one triple a line: Wikidata's latest-truthy.nt, DBpedia
    turtle          N-Triples with abbreviations: DBpedia
    conceptnet      assertions, five columns separated by tabs

Each reads line by line, also from .gz and .bz2, and never holds more than a few hundred lines: the size of a file is
only a matter of time. A line that cannot be read is counted and named, and the others are read all the same. `graph`
makes a Graph of what was read.

N-Triples and Turtle are parsed by pyoxigraph. Of an entity of Wikidata only what holds is read, as in its truthy dump:
the statements of preferred rank or, where there are none, those of normal rank.
"""

import bz2
import gzip
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path as File
from typing import BinaryIO, NamedTuple

from .graph import Graph
from .query import LABEL, _engine

LONGEST = 16 * 2**20  # bytes of a line; the largest entity of Wikidata has about 4 million
NAMED = 20  # malformed lines that are named, and not only counted
BATCH = 500  # lines that are parsed together
BASE = "@base"  # among the prefixes of a Turtle file; no prefix can be called so

WIKIDATA, DIRECT = "http://www.wikidata.org/entity/", "http://www.wikidata.org/prop/direct/"
ALIAS, TYPE = "http://www.w3.org/2004/02/skos/core#altLabel", "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
INSTANCE = DIRECT + "P31"
PREFIXES = {
    WIKIDATA: "wd:",
    DIRECT: "wdt:",
    "http://dbpedia.org/resource/": "dbr:",
    "http://dbpedia.org/ontology/": "dbo:",
    "http://dbpedia.org/property/": "dbp:",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#": "rdf:",
    "http://www.w3.org/2000/01/rdf-schema#": "rdfs:",
    "http://www.w3.org/2004/02/skos/core#": "skos:",
    "http://xmlns.com/foaf/0.1/": "foaf:",
    "http://schema.org/": "schema:",
}


class Statement(NamedTuple):
    """What a line says. `literal`: the tail is a text or a number, and no entity; `language` of the text, or ""."""

    head: str
    relation: str
    tail: str
    literal: bool = False
    language: str = ""


class Malformed(NamedTuple):
    """A line that could not be read: its number, from 1, why not, and how it begins."""

    line: int
    why: str
    begins: str


class Reading:
    """The statements of a file, read as they are asked for.

    lines, statements  how many have been read so far
    malformed          how many lines could not be read; of Turtle, how many sentences
    named              the first NAMED that were found, as Malformed

    Iterate once; raises FileNotFoundError when the file is opened, and nothing for what is in it.
    """

    def __init__(self, file: str | File, parse: Callable[["Reading", Iterator[bytes]], Iterator[list[Statement]]]):
        self.file, self._parse = File(file), parse
        self.lines = self.statements = self.malformed = 0
        self.named: list[Malformed] = []

    def __iter__(self) -> Iterator[Statement]:
        with _opened(self.file) as source:
            for some in self._parse(self, self._read(source)):
                self.statements += len(some)
                yield from some

    def _read(self, source: BinaryIO) -> Iterator[bytes]:
        """The lines. One that is too long, or not UTF-8, is malformed and comes as an empty line."""
        while True:
            try:
                line = source.readline(LONGEST)
            except (EOFError, OSError) as error:  # a damaged archive
                self.fails(self.lines + 1, f"the archive cannot be read on: {error}", b"")
                return
            if not line:
                return
            self.lines += 1
            if len(line) == LONGEST and not line.endswith(b"\n"):
                self.fails(self.lines, f"longer than {LONGEST:,} bytes", line)
                while line and not line.endswith(b"\n"):
                    line = source.readline(LONGEST)
                line = b"\n"
            elif not line.isascii():
                line = self._as_utf8(line)
            yield line

    def _as_utf8(self, line: bytes) -> bytes:
        try:
            line.decode()
        except UnicodeDecodeError as error:
            self.fails(self.lines, f"not UTF-8: {error.reason} at byte {error.start}", line)
            return b"\n"
        return line

    def fails(self, line: int, why: str, text: bytes) -> None:
        """A line could not be read. It counts once, however many reasons there are."""
        if self.named and self.named[-1].line == line:
            return
        self.malformed += 1
        if len(self.named) < NAMED:
            self.named.append(Malformed(line, why, text[:60].decode("utf-8", "replace").strip()))

    def __str__(self) -> str:
        told = f"{self.file.name}: {self.lines:,} lines, {self.statements:,} statements, {self.malformed:,} malformed"
        return "\n".join([told, *(f"  line {m.line}: {m.why}: {m.begins}" for m in sorted(self.named))])


def _opened(file: File) -> BinaryIO:
    opener = {".gz": gzip.open, ".bz2": bz2.open}.get(file.suffix, open)
    return opener(file, "rb")


# --- N-Triples and Turtle


def n_triples(file: str | File) -> Reading:
    """A file with one triple a line. Blank nodes are entities, named "_:..."."""
    return Reading(file, _n_triples)


def _n_triples(reading: Reading, lines: Iterator[bytes]) -> Iterator[list[Statement]]:
    """In batches. After an error the parser is started again at the next line: on its own it would search for the end
    of a text that was never closed, and lose the line after it."""
    ox = _engine()
    number = 0  # of the lines before the batch
    while batch := list(islice(lines, BATCH)):
        start, found = 0, []
        while start < len(batch):
            try:
                for triple in ox.parse(b"".join(batch[start:]), format=ox.RdfFormat.N_TRIPLES):
                    found.append(_statement(triple))
                break
            except SyntaxError as error:
                bad = start + min(max(error.lineno or 1, 1), len(batch) - start) - 1
                reading.fails(number + bad + 1, _reason(error), batch[bad])
                start = bad + 1
        yield found
        number += len(batch)


def turtle(file: str | File) -> Reading:
    """A file in Turtle. A sentence may have several lines; it ends with a line that ends with "."."""
    return Reading(file, _turtle)


def _turtle(reading: Reading, lines: Iterator[bytes]) -> Iterator[list[Statement]]:
    """Many sentences at a time; where one of them fails, one at a time. The prefixes declared so far are put in front,
    under BASE the base: on its own, the parser would search for the end of a text that was never closed, and lose what
    follows."""
    ox = _engine()
    prefixes: dict[str, str] = {}
    sentences = _sentences(lines)
    while batch := list(islice(sentences, BATCH)):
        try:
            yield _parsed(b"".join(text for _, text in batch), prefixes, ox)
            continue
        except SyntaxError:
            pass
        for number, text in batch:
            try:
                yield _parsed(text, prefixes, ox)
            except SyntaxError as error:
                line = number + max((error.lineno or 1) - len(prefixes), 1) - 1
                reading.fails(line, _reason(error), text.splitlines()[min(line - number, text.count(b"\n") - 1)])


def _sentences(lines: Iterator[bytes]) -> Iterator[tuple[int, bytes]]:
    """(number of its first line, text) of each sentence. A line that ends with "." ends one, unless it is inside a text
    in triple quotes; one that is longer than LONGEST is cut there, and then cannot be read."""
    first, text, size, open_text = 1, [], 0, False
    for number, line in enumerate(lines, 1):
        text.append(line if line.endswith(b"\n") else line + b"\n")
        size += len(line)
        open_text ^= line.count(b'"""') % 2 == 1
        if (line.rstrip().endswith(b".") and not open_text) or size > LONGEST:
            yield first, b"".join(text)
            first, text, size, open_text = number + 1, [], 0, False
    if b"".join(text).strip():
        yield first, b"".join(text)


def _parsed(text: bytes, prefixes: dict[str, str], ox) -> list[Statement]:
    """The statements of some sentences; what they declare is added to `prefixes`. Raises SyntaxError."""
    named = [f"@prefix {name}: <{iri}> .\n" for name, iri in prefixes.items() if name != BASE]
    base = [f"@base <{prefixes[BASE]}> .\n"] if BASE in prefixes else []
    parser = ox.parse("".join(base + named).encode() + text, format=ox.RdfFormat.TURTLE)
    found = [_statement(triple) for triple in parser]
    prefixes.update(parser.prefixes | ({BASE: parser.base_iri} if parser.base_iri else {}))
    return found


def _statement(found) -> Statement:
    """pyoxigraph's triple. Only literals have a language, and only blank nodes have no text of an IRI."""
    head, tail = found.subject, found.object
    if hasattr(tail, "language"):
        return Statement(_node(head), found.predicate.value, tail.value, True, tail.language or "")
    return Statement(_node(head), found.predicate.value, _node(tail))


def _node(node) -> str:
    return node.value if type(node).__name__ == "NamedNode" else f"_:{node.value}"


def _reason(error: SyntaxError) -> str:
    """The parser's words without its own count of lines."""
    return re.sub(r"^Parser error .*?: ", "", error.msg)


# --- Wikidata's JSON


def wikidata_dump(file: str | File, languages: Sequence[str] = ("en",)) -> Reading:
    """Entities of Wikidata, one a line, as the statements that the N-Triples dump would have: names, and what holds.

    Values that are entities become tails, texts and numbers literals; coordinates and unknown values are left out.
    """
    return Reading(file, lambda reading, lines: _wikidata(reading, lines, set(languages)))


def _wikidata(reading: Reading, lines: Iterator[bytes], languages: set[str]) -> Iterator[list[Statement]]:
    for number, line in enumerate(lines, 1):
        text = line.strip().removesuffix(b",")
        if text in (b"", b"[", b"]"):  # the whole dump is one JSON list
            continue
        try:
            found = list(_entity(json.loads(text), languages))
        except (ValueError, RecursionError) as error:
            reading.fails(number, f"not JSON: {error}", line)
        except (KeyError, TypeError, AttributeError) as error:
            reading.fails(number, f"not an entity of Wikidata ({type(error).__name__}: {error})", line)
        else:
            yield found


def _entity(entity: dict, languages: set[str]) -> Iterator[Statement]:
    head = WIKIDATA + _text(entity["id"])
    for language, label in _items(entity, "labels"):
        if language in languages:
            yield Statement(head, LABEL, _text(label["value"]), True, language)
    for language, aliases in _items(entity, "aliases"):
        if language in languages:
            yield from (Statement(head, ALIAS, _text(alias["value"]), True, language) for alias in aliases)
    for name, claims in _items(entity, "claims"):
        for claim in _best(claims):
            value = _value(claim["mainsnak"])
            if value is not None:
                yield Statement(head, DIRECT + name, *value)


def _items(entity: dict, part: str) -> Iterable[tuple[str, list | dict]]:
    """The entries of a part; in dumps an empty one is written as a list."""
    return entity[part].items() if entity.get(part) else ()


def _best(claims: list[dict]) -> list[dict]:
    ranks = {claim["rank"] for claim in claims}
    best = "preferred" if "preferred" in ranks else "normal"
    return [claim for claim in claims if claim["rank"] == best]


def _value(snak: dict) -> tuple[str, bool, str] | None:
    """(tail, whether it is a literal, its language); None for an unknown value and for kinds that are left out."""
    if snak["snaktype"] != "value":
        return None
    value = snak["datavalue"]["value"]
    match snak["datavalue"]["type"]:
        case "wikibase-entityid":
            return WIKIDATA + _text(value["id"]), False, ""
        case "string":
            return _text(value), True, ""
        case "monolingualtext":
            return _text(value["text"]), True, _text(value["language"])
        case "quantity":
            return _text(value["amount"]), True, ""
        case "time":
            return _text(value["time"]), True, ""
    return None


def _text(value) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r:.40} is no text")
    return value


# --- ConceptNet


def conceptnet(file: str | File, languages: Sequence[str] = ("en",), least: float = 0.0) -> Reading:
    """Assertions of ConceptNet 5, with both ends in these languages and a weight of at least `least`.

    Keys are ConceptNet's own: "/c/en/hot_dog", "/r/IsA". The part of speech behind a term is left out.
    """
    return Reading(file, lambda reading, lines: _assertions(reading, lines, set(languages), least))


def _assertions(
    reading: Reading, lines: Iterator[bytes], languages: set[str], least: float
) -> Iterator[list[Statement]]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            _, relation, start, end, details = line.decode().rstrip("\r\n").split("\t")
            ends = [_term(start, relation), _term(end, relation)]
            weight = float(json.loads(details)["weight"])
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            reading.fails(number, _expected(error), line)
            continue
        if weight >= least and all(e and e.split("/")[2] in languages for e in ends):
            yield [Statement(ends[0], relation, ends[1])]


def _expected(error: Exception) -> str:
    if "unpack" in str(error):
        return "not five columns separated by tabs"
    return f"{type(error).__name__}: {error}"


def _term(uri: str, relation: str) -> str:
    """ "/c/en/dog/n/wn/animal" -> "/c/en/dog"; "" for an address outside, which is no concept."""
    if not relation.startswith("/r/"):
        raise ValueError(f"{relation!r:.40} is no relation: those begin with /r/")
    if uri.startswith(("http://", "https://")):
        return ""
    parts = uri.split("/")
    if len(parts) < 4 or parts[:2] != ["", "c"] or not parts[2] or not parts[3]:
        raise ValueError(f"{uri!r:.40} is no concept: those are /c/LANGUAGE/WORDS")
    return "/".join(parts[:4])


# --- from statements to a graph


def graph(statements: Iterable[Statement], language: str = "en") -> Graph:
    """The graph of the statements whose tails are entities: short keys ("wd:Q142"), names in one language.

    A type is what an entity is said to be first, by rdf:type or Wikidata's P31. Other literals are left out.
    """
    triples, labels, aliases, types = [], {}, {}, {}
    for s in statements:
        head = short(s.head)
        if s.literal:
            if s.relation == LABEL and s.language == language:
                labels.setdefault(head, s.tail)
            elif s.relation == ALIAS and s.language == language:
                aliases.setdefault(head, []).append(s.tail)
            continue
        tail = short(s.tail)
        if s.relation in (TYPE, INSTANCE):
            types.setdefault(head, tail)
        triples.append((head, short(s.relation), tail))
        for end in (head, tail):
            if end.startswith("/c/"):
                labels[end] = end.split("/")[3].replace("_", " ")
    return Graph(triples, labels, aliases, types)


def short(iri: str) -> str:
    """With the usual prefix: "http://www.wikidata.org/entity/Q142" -> "wd:Q142"; as it is if there is none."""
    start = max(iri.rfind("/"), iri.rfind("#")) + 1
    prefix = PREFIXES.get(iri[:start])
    if prefix is not None:
        return prefix + iri[start:]
    return next((name + iri[len(space) :] for space, name in PREFIXES.items() if iri.startswith(space)), iri)
