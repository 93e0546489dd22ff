"""Knowledge graphs: the store, queries, paths, formats, the Factbook's graph, questions and linking.

References: pyoxigraph for queries, networkx for paths and distances.
"""

import bz2
import gzip
import itertools
import json
import math
import random

import networkx
import pytest
import torch
from llmcourse import knowledge
from llmcourse.knowledge import Graph, Relation, Triple, Unknown, formats, paths
from llmcourse.knowledge.factbook import SCHEMA, factbook
from llmcourse.knowledge.linking import Linker
from llmcourse.knowledge.questions import HELD_OUT, PLANS, of_plan, questions, sample, worded
from llmcourse.knowledge.samples import sample as file

FACTS = [
    ("France", "borders", "Spain"), ("Spain", "borders", "France"), ("Spain", "borders", "Portugal"),
    ("France", "capital", "Paris"), ("Spain", "capital", "Madrid"), ("Portugal", "capital", "Lisbon"),
    ("Paris", "twin", "Rome"), ("Rome", "twin", "Paris"), ("Narcissus", "loves", "Narcissus"),
]  # fmt: skip


@pytest.fixture
def small():
    return Graph(FACTS, labels={"France": "French Republic"})


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def drawn(seed, entities=9, triples=25, relations=3):
    """A random graph with cycles, loops and repeated pairs."""
    r = random.Random(seed)
    e = [f"e{i}" for i in range(entities)]
    return Graph((r.choice(e), f"r{r.randrange(relations)}", r.choice(e)) for _ in range(triples))


# --- the graph


def test_a_triple_is_kept_once_and_found_from_either_end(small):
    assert len(Graph([*FACTS, *FACTS])) == len(FACTS) == len(small)
    assert ("France", "capital", "Paris") in small and ("Paris", "capital", "France") not in small
    assert small.step("Spain", "borders") == ["France", "Portugal"] and small.step("Paris", "^capital") == ["France"]
    assert small.relations == {"borders": 3, "capital": 3, "twin": 2, "loves": 1}


@pytest.mark.parametrize("seed", range(5))
def test_both_indexes_hold_the_same_triples(seed):
    graph = drawn(seed)
    out = {(h, r, t) for h in graph.entities for r, ts in graph.out(h).items() for t in ts}
    into = {(h, r, t) for t in graph.entities for r, hs in graph.into(t).items() for h in hs}
    assert out == into == set(graph)


def test_an_entity_without_a_label_is_called_by_its_key(small):
    assert small.label("France") == "French Republic" and small.label("Spain") == "Spain"
    assert small.label("nowhere") == "nowhere"


def test_an_unknown_relation_is_named_and_an_unknown_entity_leads_nowhere(small):
    with pytest.raises(Unknown, match=r"no relation 'currency'. It has: borders, capital, loves, twin"):
        small.step("France", "currency")
    assert small.step("Atlantis", "borders") == () and small.steps("Atlantis") == [] and small.out("Atlantis") == {}


def test_the_schema_names_what_contradicts_it():
    schema = {"capital": Relation("country", "city", "the capital of {head} is {tail}")}
    types = {"Paris": "city", "France": "country"}
    graph = Graph([("France", "capital", "Paris"), ("Paris", "capital", "France"), ("X", "capital", "Y"),
                   ("France", "eats", "Paris")], types=types, schema=schema)  # fmt: skip
    assert [(tuple(t), why) for t, why in graph.violations()] == [
        (("Paris", "capital", "France"), "Paris is a city, and 'capital' asks for a country"),
        (("Paris", "capital", "France"), "France is a country, and 'capital' asks for a city"),
        (("France", "eats", "Paris"), "the schema has no relation 'eats'"),
    ]
    assert graph.words(("France", "capital", "Paris")) == "the capital of France is Paris"
    assert graph.words(("France", "eats", "Paris")) == "France eats Paris"


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("hops", [0, 1, 2, 3])
def test_around_is_the_ball_of_networkx(seed, hops):
    graph = drawn(seed)
    other = networkx.Graph((h, t) for h, _, t in graph)
    expected = networkx.single_source_shortest_path_length(other, "e0", cutoff=hops) if "e0" in other else {"e0": 0}
    found = knowledge.around(graph, ["e0"], hops)
    assert set(found) == set(expected) and len(found) == len(set(found))
    assert [expected[e] for e in found] == sorted(expected[e] for e in found)
    assert knowledge.around(graph, ["e0"], hops, most=3) == found[:3]


def test_a_subgraph_has_every_triple_between_its_entities(small):
    sub = knowledge.between(small, ["Spain", "France", "Madrid"])
    assert set(sub) == {t for t in small if {t.head, t.tail} <= {"Spain", "France", "Madrid"}}
    assert len(knowledge.between(small, [])) == len(knowledge.between(small, ["Atlantis"])) == 0
    with pytest.raises(ValueError, match="hops is -1"):
        knowledge.around(small, ["France"], -1)


def test_wrong_graphs_are_wrong_in_one_way_only():
    graph = factbook()
    fewer = knowledge.without(graph, 0.3, generator())
    assert set(fewer) < set(graph) and abs(len(fewer) / len(graph) - 0.7) < 0.03
    mixed = knowledge.shuffled(graph, generator())
    assert mixed != graph and mixed.relations.keys() == graph.relations.keys()
    assert all(set(mixed.out(h)) == set(graph.out(h)) for h in graph.entities)  # as many kinds of edges from each head
    more = knowledge.distracted(graph, 0.5, generator())
    assert set(graph) < set(more) and 0.4 < len(more) / len(graph) - 1 <= 0.5
    assert not list(more.violations()) and not list(mixed.violations())
    assert list(knowledge.distracted(graph, 0.5, generator())) == list(more)
    for share in (-0.1, 1.1, math.nan):
        with pytest.raises(ValueError, match="share"):
            knowledge.without(graph, share, generator())


# --- queries


def test_two_patterns_are_a_join(small):
    found = knowledge.solve(small, [("France", "borders", "?n"), ("?n", "capital", "?c")])
    assert found == [{"?n": "Spain", "?c": "Madrid"}]
    assert knowledge.solve(small, [("?x", "loves", "?x")]) == [{"?x": "Narcissus"}]
    assert knowledge.solve(small, [("?x", "twin", "?x")]) == []
    assert knowledge.solve(small, [("France", "capital", "Paris")]) == [{}]
    assert len(knowledge.solve(small, [("?h", "?r", "?t")])) == len(small)


PATTERNS = [
    [("?x", "r0", "?y")],
    [("e0", "?r", "?y"), ("?y", "r1", "?z")],
    [("?x", "r0", "?y"), ("?y", "r1", "?x")],
    [("?x", "?r", "?x")],
    [("?x", "r0", "?y"), ("?z", "r0", "?y"), ("?z", "r2", "e1")],
    [("?x", "r0", "e1"), ("?y", "r2", "e2")],
]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("patterns", PATTERNS, ids=str)
def test_the_join_is_that_of_pyoxigraph(seed, patterns):
    graph = drawn(seed)
    order = lambda rows: sorted(tuple(sorted(row.items())) for row in rows)
    assert order(knowledge.solve(graph, patterns)) == order(knowledge.Sparql(graph).solve(patterns))


def test_a_query_in_sparql_gives_keys_and_labels(small):
    ask = knowledge.Sparql(small)
    assert ask("SELECT ?c WHERE { e:France r:borders/r:capital ?c }") == [{"?c": "Madrid"}]
    assert ask("SELECT ?n WHERE { e:France rdfs:label ?n }") == [{"?n": "French Republic"}]
    assert ask("SELECT (COUNT(*) AS ?n) WHERE { ?x r:borders ?y }") == [{"?n": "3"}]
    assert ask("SELECT ?a ?b WHERE { e:Paris r:twin ?a OPTIONAL { ?a r:capital ?b } }") == [{"?a": "Rome"}]


def test_any_key_can_be_asked_for():
    keys = ["country:Cote d'Ivoire", "a/b#c", "Zürich", "100 % <sure>", "~x", 'say "yes"', "tab\there"]
    ask = knowledge.Sparql(Graph((key, "is a/n", "thing") for key in keys))
    for key in keys:
        assert ask(f"SELECT ?r WHERE {{ {knowledge.iri(key)} ?r e:thing }}") == [{"?r": "is a/n"}]


def test_what_is_no_query_is_said(small):
    ask = knowledge.Sparql(small)
    with pytest.raises(ValueError, match="not a SPARQL query"):
        ask("SELECT WHERE")
    with pytest.raises(ValueError, match="Only SELECT"):
        ask("ASK { ?x ?y ?z }")
    with pytest.raises(ValueError, match="at least one pattern"):
        knowledge.solve(small, [])
    for solve in (lambda p: knowledge.solve(small, p), ask.solve):
        with pytest.raises(Unknown, match="currency"):
            solve([("?x", "currency", "?y")])


def test_without_pyoxigraph_it_is_said_what_to_install(small, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyoxigraph", None)
    with pytest.raises(ModuleNotFoundError, match="pip install pyoxigraph"):
        knowledge.Sparql(small)


# --- paths


def edges(graph):
    """The graph as networkx sees it, each triple walkable in both directions; keys are steps."""
    other = networkx.MultiDiGraph()
    other.add_nodes_from(graph.entities)
    for h, r, t in graph:
        other.add_edge(h, t, key=r)
        other.add_edge(t, h, key=f"^{r}")
    return other


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("hops", [1, 2, 3])
def test_simple_paths_are_those_of_networkx(seed, hops):
    graph = drawn(seed)
    expected = {
        ((path[0][0], *(b for _, b, _ in path)), tuple(r for _, _, r in path))
        for path in networkx.all_simple_edge_paths(edges(graph), "e0", "e1", cutoff=hops)
    }
    found = list(knowledge.simple_paths(graph, "e0", "e1", hops))
    assert {tuple(path) for path in found} == expected and len(found) == len(expected)
    assert all(triple in graph for path in found for triple in path.triples)


@pytest.mark.parametrize("seed", range(8))
def test_distance_is_that_of_networkx(seed):
    graph = drawn(seed, triples=12)
    other = edges(graph)
    for end in graph.entities:
        known = networkx.has_path(other, "e0", end) if "e0" in other else False
        expected = networkx.shortest_path_length(other, "e0", end) if known else (0 if end == "e0" else None)
        assert knowledge.distance(graph, "e0", end) == expected
        assert knowledge.distance(graph, "e0", end, most=1) == (expected if expected in (0, 1) else None)


@pytest.mark.parametrize("seed", range(8))
def test_following_a_plan_visits_every_walk_with_those_relations(seed):
    graph = drawn(seed)
    for plan in itertools.product(["r0", "^r1", "r2"], repeat=2):
        walks = [
            (a, b, c) for a in ["e0"] for b in graph.step(a, plan[0]) for c in graph.step(b, plan[1])
        ]  # fmt: skip
        found = list(knowledge.follow(graph, "e0", plan))
        assert [path.entities for path in found] == walks
        assert knowledge.reached(graph, "e0", plan) == list(dict.fromkeys(path.answer for path in found))


def test_a_path_tells_its_triples_in_the_direction_of_the_graph(small):
    (path,) = (p for p in knowledge.follow(small, "Madrid", ["^capital", "borders"]) if p.answer == "France")
    assert path.triples == (Triple("Spain", "capital", "Madrid"), Triple("Spain", "borders", "France"))
    assert path.text(small) == "Madrid → ^capital → Spain → borders → French Republic"
    assert paths.Path(("Madrid",), ()).text(small) == "Madrid"


# --- formats


def everything(reading):
    return list(reading), reading


def test_the_dump_and_the_n_triples_make_the_same_graph():
    dump, triples = formats.wikidata_dump(file("wikidata.json")), formats.n_triples(file("wikidata.nt"))
    one, two = formats.graph(dump), formats.graph(triples)
    assert set(one) == set(two) and len(one) == 24
    assert (one.labels, one.aliases, one.types) == (two.labels, two.aliases, two.types)
    assert one.labels["wd:Q142"] == "France" and one.aliases["wd:Q142"] == ["French Republic"]
    assert one.step("wd:Q142", "wdt:P38") == ["wd:Q4916"]  # the franc is deprecated
    assert one.step("wd:Q183", "wdt:P36") == ["wd:Q64"]  # Berlin is preferred
    assert [one.label(p.answer) for p in knowledge.follow(one, "wd:Q142", ["wdt:P47", "wdt:P36"])] == [
        "Brussels", "Berlin", "Madrid",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("reader", "name", "lines"),
    [
        (formats.wikidata_dump, "wikidata.json", [5, 9]),
        (formats.n_triples, "wikidata.nt", [7, 13, 21]),
        (formats.turtle, "dbpedia.ttl", [17, 23]),
        (formats.conceptnet, "conceptnet.csv", [8, 10, 12]),
    ],
)
def test_malformed_lines_are_counted_and_named_and_the_others_are_read(reader, name, lines):
    statements, reading = everything(reader(file(name)))
    assert [m.line for m in reading.named] == lines and reading.malformed == len(lines)
    assert reading.statements == len(statements) > 0
    text = file(name).read_text().splitlines()
    assert reading.lines == len(text) and all(m.why and text[m.line - 1].startswith(m.begins) for m in reading.named)
    assert f"line {lines[0]}: " in str(reading)


def test_dbpedia_is_read_with_labels_in_the_language_asked_for():
    english, french = (formats.graph(formats.turtle(file("dbpedia.ttl")), language) for language in ("en", "fr"))
    assert english.label("dbr:Peru") == "Peru" and french.label("dbr:Peru") == "Pérou"
    assert english.types["dbr:Lima"] == "dbo:City" and ("dbr:Peru", "dbo:capital", "dbr:Lima") in english
    assert ("dbr:Machu_Picchu", "dbo:location", "dbr:Peru") in english  # after a sentence that cannot be read


def test_conceptnet_is_read_in_a_language_and_from_a_weight():
    graph = formats.graph(formats.conceptnet(file("conceptnet.csv")))
    assert ("/c/en/hot_dog", "/r/IsA", "/c/en/food") in graph and graph.label("/c/en/hot_dog") == "hot dog"
    assert ("/c/en/oven", "/r/AtLocation", "/c/en/kitchen") in graph and not any("/fr/" in e for e in graph.entities)
    both = formats.graph(formats.conceptnet(file("conceptnet.csv"), languages=("en", "fr")))
    assert ("/c/fr/chien", "/r/Synonym", "/c/en/dog") in both
    heavy = formats.graph(formats.conceptnet(file("conceptnet.csv"), least=2.0))
    assert set(heavy) < set(graph) and len(heavy) == 4


def test_archives_are_read_and_a_damaged_one_as_far_as_it_goes(tmp_path):
    whole = list(formats.n_triples(file("wikidata.nt")))
    for name, packed in (("a.nt.gz", gzip.compress), ("a.nt.bz2", bz2.compress)):
        (tmp_path / name).write_bytes(packed(file("wikidata.nt").read_bytes()))
        assert list(formats.n_triples(tmp_path / name)) == whole
    (tmp_path / "cut.nt.gz").write_bytes(gzip.compress(file("wikidata.nt").read_bytes() * 50)[:-900])
    statements, reading = everything(formats.n_triples(tmp_path / "cut.nt.gz"))
    assert statements[: len(whole)] == whole and reading.malformed > 20


def test_what_strangers_write_is_counted_and_stops_nothing(tmp_path, monkeypatch):
    good = b"<http://a/1> <http://a/p> <http://a/2> .\n"
    bad = [b"\xff\xfe broken\n", b'<http://a/1> <http://a/p> "\xff" .\n', b'<http://a/1> <http://a/p> "x\n', b"<<<<\n"]
    bad += [b'<http://a/1> <http://a/p> "\\uD800" .\n', b"x" * 3000 + b"\n", b'<a> <b> "' + b"y" * 2500 + b'" .\n']
    monkeypatch.setattr(formats, "LONGEST", 1000)
    (tmp_path / "a.nt").write_bytes(good + b"".join(line + good for line in bad))
    statements, reading = everything(formats.n_triples(tmp_path / "a.nt"))
    assert len(statements) == len(bad) + 1 and sorted(m.line for m in reading.named) == [2, 4, 6, 8, 10, 12, 14]
    (tmp_path / "a.ttl").write_bytes(b"@prefix a: <http://a/> .\n" + good + b"".join(line + good for line in bad[:2]))
    assert len(list(formats.turtle(tmp_path / "a.ttl"))) >= 1


@pytest.mark.parametrize(
    "line",
    ["[" * 100_000, '{"id": 7}', '{"id": "Q1", "claims": {"P1": 3}}', "null", '"Q1"', "3",
     '{"id": "Q1", "labels": [[1]]}',
     '{"id": "Q1", "claims": {"P1": [{"rank": "normal", "mainsnak": {"snaktype": "value"}}]}}',
     '{"id": "Q1", "labels": {"en": {"value": ["x"]}}}'],
)  # fmt: skip
def test_an_entity_that_is_none_is_malformed(line, tmp_path):
    good = json.dumps({"id": "Q5", "labels": {"en": {"language": "en", "value": "human"}}})
    (tmp_path / "a.json").write_text(f"[\n{line},\n{good}\n]\n")
    statements, reading = everything(formats.wikidata_dump(tmp_path / "a.json"))
    assert [s.tail for s in statements] == ["human"] and [m.line for m in reading.named] == [2]


def test_only_the_first_malformed_lines_are_named(tmp_path):
    (tmp_path / "a.nt").write_text("nonsense\n" * 1700)
    statements, reading = everything(formats.n_triples(tmp_path / "a.nt"))
    assert not statements and reading.malformed == 1700 and len(reading.named) == formats.NAMED


def test_a_sentence_of_turtle_may_hold_points_and_line_breaks(tmp_path):
    text = '@prefix a: <http://a/> .\na:x a:y """one.\ntwo .\nthree""" ;\n  a:z a:w .\na:q a:r a:s .'
    (tmp_path / "a.ttl").write_text(text)
    statements, reading = everything(formats.turtle(tmp_path / "a.ttl"))
    assert reading.malformed == 0 and [s.tail for s in statements] == ["one.\ntwo .\nthree", "http://a/w", "http://a/s"]


def test_a_missing_file_is_named():
    with pytest.raises(FileNotFoundError, match="nowhere"):
        list(formats.n_triples("nowhere.nt"))
    with pytest.raises(FileNotFoundError, match=r"conceptnet\.csv, dbpedia\.ttl"):
        file("freebase.gz")


# --- the Factbook


def test_the_factbook_fits_its_schema():
    graph = factbook()
    assert not list(graph.violations()) and graph.relations.keys() == SCHEMA.keys()
    assert len(graph) > 5000 and set(graph.types.values()) >= {"country", "city", "currency", "language", "peak"}
    assert all(graph.words(t) and "{" not in graph.words(t) for t in graph)


def test_some_facts_of_the_factbook():
    graph = factbook()
    assert graph.step("country:France", "capital") == ["city:Paris"]
    assert "country:Canada" in graph.step("country:United States", "borders")
    trade = graph.qualifiers["country:Israel", "exports_to", "country:United States"]
    assert trade == {"share": 29.0, "year": 2023}
    assert graph.label("country:DRC") == "Democratic Republic of the Congo" and "DRC" in graph.aliases["country:DRC"]
    borders = {(h, t) for h, r, t in graph if r == "borders"}
    assert borders == {(t, h) for h, t in borders}


def test_trade_is_in_one_year_and_at_most_a_whole():
    graph = factbook()
    shares = {}
    for (h, r, _), about in graph.qualifiers.items():
        if r.endswith(("_to", "_from")):
            shares.setdefault((h, r), []).append((about["share"], about["year"]))
    assert shares and all(sum(s for s, _ in each) <= 101 and len({y for _, y in each}) == 1 for each in shares.values())


# --- questions


def test_gold_paths_lead_from_the_topic_to_exactly_the_answers():
    graph = factbook()
    for q in sample(questions(), 300):
        assert {p.answer for p in q.paths} == set(q.answers) and all(p.entities[0] == q.topic for p in q.paths)
        assert all(p.relations == q.plan and all(t in graph for t in p.triples) for p in q.paths)
        expected = {e for e in knowledge.reached(graph, q.topic, q.plan)}
        assert set(q.answers) <= expected and expected - set(q.answers) <= {e for p in q.paths for e in p.entities}


def test_topics_and_plans_are_split():
    asked = questions()
    by_split = {s: {q.topic for q in asked if q.split == s} for s in ("dev", "test")}
    assert not by_split["dev"] & by_split["test"] and all(len(topics) > 150 for topics in by_split.values())
    assert {q.plan for q in asked if q.new_plan} == set(HELD_OUT) and set(HELD_OUT) < set(PLANS)
    assert {q.hops for q in asked} == {1, 2, 3} == {len(p) for p in PLANS if p not in HELD_OUT}


def test_the_other_wording_asks_the_same():
    one, two = questions(0), questions(1)
    assert [(q.topic, q.plan, q.answers) for q in one] == [(q.topic, q.plan, q.answers) for q in two]
    assert all(a.text != b.text for a, b in zip(one, two))
    assert (
        worded("United States", ("borders", "capital"))
        == "What is the capital of a country that borders the United States?"
    )


def test_a_plan_without_words_or_facts_is_named():
    with pytest.raises(ValueError, match="no words for the plan"):
        of_plan(factbook(), ("region",))
    with pytest.raises(Unknown, match="no relation"):
        of_plan(Graph([("a", "b", "c")]), ("capital",))


def test_a_sample_is_spread_over_plans():
    counts = {}
    for q in sample(questions(), 2 * len(PLANS)):
        counts[q.plan] = counts.get(q.plan, 0) + 1
    assert set(counts.values()) == {2} and len(counts) == len(PLANS)


# --- linking


def test_every_question_links_to_its_topic():
    linker = Linker(factbook())
    assert all(q.topic in (m := linker(q.text))[0].entities and len(m) == 1 for q in questions())


def test_names_are_found_as_wholes_and_the_longest_first():
    linker = Linker(factbook(), types=("country",))
    found = lambda text: [(m.text, m.entities[0]) for m in linker(text)]
    assert found("From Guinea-Bissau to Papua New Guinea") == [
        ("Guinea-Bissau", "country:Guinea-Bissau"), ("Papua New Guinea", "country:Papua New Guinea"),
    ]  # fmt: skip
    assert found("Let us ask the US and the u.s.") == [("US", "country:United States")]
    assert found("CÔTE D'IVOIRE or Ivory Coast") == [
        (n, "country:Cote d'Ivoire") for n in ("CÔTE D'IVOIRE", "Ivory Coast")
    ]
    assert found("Nigerien") == []
    assert found("") == found("Who am I?") == []


def test_a_name_of_several_entities_gives_all_of_them():
    (mention,) = Linker(factbook())("Luxembourg")
    assert mention.entities == ("country:Luxembourg", "city:Luxembourg")
    assert Linker(Graph())("Luxembourg") == []
