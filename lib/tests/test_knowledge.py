"""Knowledge graphs: the store, queries, paths, formats, the Factbook's graph, questions and linking.

References: pyoxigraph for queries, networkx for paths and distances, torch_geometric's answers for graph attention.
"""

import bz2
import functools
import gzip
import itertools
import json
import math
import random
from pathlib import Path

import networkx
import pytest
import torch
from llmcourse import knowledge, models
from llmcourse.knowledge import (
    Graph,
    Relation,
    Triple,
    Unknown,
    bertnet,
    chain,
    comet,
    formats,
    gat,
    graph_experiments,
    jointlk,
    live_experiments,
    mask_experiments,
    masking,
    paths,
    qagnn,
    reading_experiments,
    reasoning,
    triples,
)
from llmcourse.knowledge.factbook import SCHEMA, factbook
from llmcourse.knowledge.linking import Linker
from llmcourse.knowledge.questions import HELD_OUT, PLANS, choices, of_plan, questions, sample, worded
from llmcourse.knowledge.samples import sample as file
from safetensors.torch import load_file

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


def test_a_base_holds_for_the_rest_of_the_file_and_until_the_next_one(tmp_path):
    lines = [f"<a{i}> <r> <b{i}> ." for i in range(2 * formats.BATCH)]
    text = ["@base <http://one.org/x/> .", "@prefix e: <sub/> .", *lines, "broken", "e:c <r> <d> .",
            "@base <http://two.org/> .", *lines]  # fmt: skip
    (tmp_path / "a.ttl").write_text("\n".join(text))
    statements, reading = everything(formats.turtle(tmp_path / "a.ttl"))
    assert len(statements) == 4 * formats.BATCH and reading.malformed == 1
    assert {s.relation for s in statements} == {"http://one.org/x/r", "http://two.org/r"}
    assert statements[0].head == "http://one.org/x/a0" and statements[-1].tail.startswith("http://two.org/b")


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


# --- graph attention and QA-GNN


REFERENCE = load_file(Path(__file__).parent / "references" / "knowledge.safetensors")


@pytest.mark.parametrize("loops", [False, True])
def test_graph_attention_is_that_of_torch_geometric(loops):
    frozen = {name.partition("/")[2]: x for name, x in REFERENCE.items() if name.startswith(f"{loops}/")}
    x, (source, target) = REFERENCE["x"].requires_grad_(), REFERENCE["edges"]
    if loops:
        source, target = gat.with_loops(source, target, len(x))
    assert torch.equal(torch.stack([source, target]), frozen["edges"])
    layer = gat.GraphAttention(x.shape[1], 3, 2)
    with torch.no_grad():
        for mine, theirs in ((layer.lin.weight, "lin.weight"), (layer.bias, "bias")):
            mine.copy_(frozen[theirs])
        layer.att_source.copy_(frozen["att_src"][0])
        layer.att_target.copy_(frozen["att_dst"][0])
    y = layer(x, source, target)
    torch.testing.assert_close(y, frozen["y"])
    torch.testing.assert_close(layer.weights(x, source, target)[1], frozen["alpha"])
    grad = torch.autograd.grad((y * torch.cos(torch.arange(y.numel()).view(y.shape))).sum(), x)[0]
    torch.testing.assert_close(grad, frozen["grad"], atol=1e-5, rtol=1e-5)
    if not loops:
        assert torch.equal(y[4], layer.bias)  # no edge ends there


def test_shares_are_softmaxes_of_their_groups_and_do_not_overflow():
    scores, group = 100 * torch.randn(40, 3, generator=generator()), torch.arange(40) % 4
    found = gat.share(scores, group, 5)
    for g in range(4):
        torch.testing.assert_close(found[group == g], scores[group == g].softmax(0))
    assert gat.share(torch.zeros(0), torch.zeros(0, dtype=torch.long), 3).shape == (0,)


@functools.cache
def vectors():
    """A fixed random unit vector for each text."""
    known = {}

    def of(names):
        for name in names:
            seed = int.from_bytes(name.encode()[-6:].rjust(6, b"0"), "big") % 2**31
            known.setdefault(name, torch.nn.functional.normalize(torch.randn(16, generator=generator(seed)), dim=0))
        return torch.stack([known[name] for name in names]) if len(names) else torch.zeros(0, 16)

    return of


def a_working_graph(q, graph=None, hops=2, count=5, **kw):
    graph = factbook() if graph is None else graph
    listed, gold = choices(factbook(), q, count, generator(3))
    entities = qagnn.on_paths(graph, q.topic, listed, hops)
    return qagnn.working(graph, q.topic, listed, entities, vectors(), vectors()([q.text])[0], **kw), gold, entities


@pytest.fixture(scope="module")
def some():
    return [q for q in sample(questions(), 200) if q.hops == 2][:3]


def test_the_layer_is_its_equations_one_node_at_a_time(some):
    w, _, _ = a_working_graph(some[0])
    kinds = len(qagnn.edge_kinds(factbook()))
    layer, d = qagnn.Layer(8, kinds).double(), 8
    h = torch.randn(len(w.x), d, generator=generator()).double()
    u = torch.nn.functional.one_hot(w.types, 4).double()
    rho = layer.f_rho(w.relevance.double()[:, None])
    hot = torch.nn.functional.one_hot(w.relation, kinds).double()
    edges = list(zip(w.source.tolist(), w.target.tolist(), hot))
    cat = lambda *parts: torch.cat(parts)
    r = [layer.f_r(cat(e, u[s], u[t])) for s, t, e in edges]
    gamma = [
        layer.f_q(cat(h[s], u[s], rho[s])) @ layer.f_k(cat(h[t], u[t], rho[t], each)) / d**0.5
        for (s, t, _), each in zip(edges, r)
    ]
    expected = []
    for node in range(len(h)):
        total = torch.zeros(d).double()
        for i, (s, t, _) in enumerate(edges):
            if t == node:
                voice = sum(gamma[j].exp() for j, edge in enumerate(edges) if edge[0] == s)
                total = total + gamma[i].exp() / voice * layer.f_m(cat(h[s], u[s], r[i]))
        expected.append(layer.f_n(total) + h[node])
    found = layer(h, u, w.relevance.double(), (w.relation, w.source, w.target))
    torch.testing.assert_close(found, torch.stack(expected))


def test_graphs_side_by_side_do_not_see_each_other(some):
    graphs = [a_working_graph(q)[0] for q in some]
    net = qagnn.QAGNN(16, len(qagnn.edge_kinds(factbook())), d=12)
    one_by_one = torch.cat([net(g) for g in graphs])
    torch.testing.assert_close(net(qagnn.side_by_side(graphs)), one_by_one)
    assert one_by_one.shape == (3, 5)


def test_the_order_of_nodes_does_not_matter(some):
    w, _, _ = a_working_graph(some[0])
    net = qagnn.QAGNN(16, len(qagnn.edge_kinds(factbook())), d=12)
    order = torch.randperm(len(w.x), generator=generator())
    place = order.argsort()
    turned = w._replace(
        x=w.x[order], relevance=w.relevance[order], types=w.types[order], source=place[w.source],
        target=place[w.target], questions=place[w.questions], choices=place[w.choices],
    )  # fmt: skip
    torch.testing.assert_close(net(turned), net(w))


def test_without_a_graph_the_edges_and_without_relevance_the_relevance_do_not_matter(some):
    w, _, _ = a_working_graph(some[0])
    kinds = len(qagnn.edge_kinds(factbook()))
    fewer = w._replace(source=w.source[-9:], target=w.target[-9:], relation=w.relation[-9:])
    other = w._replace(relevance=w.relevance.flip(0))
    whole, blind, level = (
        qagnn.QAGNN(16, kinds, d=12, **kw) for kw in ({}, {"graph": False}, {"relevance": False})
    )  # fmt: skip
    assert torch.equal(blind(w), blind(fewer)) and not torch.allclose(whole(w), whole(fewer))
    assert torch.equal(level(w), level(other)) and not torch.allclose(whole(w), whole(other))
    sizes = [sum(p.numel() for p in net.parameters()) for net in (whole, blind, level)]
    assert len(set(sizes)) == 1


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_what_is_k_steps_away_needs_k_layers(layers):
    chain = Graph([(f"e{i}", "r", f"e{i + 1}") for i in range(4)])
    entities = ["e0", "e4", "e1", "e2", "e3"]
    w = qagnn.working(chain, "e0", ["e4"], entities, vectors(), vectors()(["q"])[0])
    joined = w.source.ne(0) & w.target.ne(0)  # the question would be a short cut
    w = w._replace(
        x=w.x.requires_grad_(), source=w.source[joined], target=w.target[joined], relation=w.relation[joined]
    )
    net = qagnn.QAGNN(16, len(qagnn.edge_kinds(chain)), 12, layers)

    def felt():
        grad = torch.autograd.grad(net(w).sum(), w.x)[0]
        return {e: bool(grad[1 + entities.index(e)].abs().sum() > 0) for e in entities}

    # A message goes one step; the share that it gets depends on the sender's other listeners, one step further.
    assert felt() == {e: 4 - int(e[1]) <= 2 * layers for e in entities}
    for layer in net.layers:
        torch.nn.init.zeros_(layer.f_q.weight)
        torch.nn.init.zeros_(layer.f_q.bias)
    assert felt() == {e: 4 - int(e[1]) <= layers for e in entities}


def test_a_working_graph_has_every_edge_in_both_directions_and_the_question(some):
    w, gold, entities = a_working_graph(some[0])
    names, kinds = ["?", *entities], list(qagnn.edge_kinds(factbook()))
    edges = [
        (names[s], kinds[r], names[t]) for s, r, t in zip(w.source.tolist(), w.relation.tolist(), w.target.tolist())
    ]
    forward = [e for e in edges if not e[1].startswith("^") and e[1] != qagnn.ITSELF]
    assert {(t, f"^{r}", h) for h, r, t in forward} <= set(edges)
    assert len(edges) == 2 * len(forward) + len(names)
    assert set(forward) - {e for e in forward if e[0] == "?"} == set(knowledge.between(factbook(), entities))
    assert [e[2] for e in forward if e[1] == qagnn.OFFERS] == [names[i] for i in w.choices[0].tolist()]
    assert names[w.choices[0, gold]] == some[0].answers[0] and w.types.tolist().count(qagnn.CHOICE) == 5


def test_an_empty_subgraph_still_gives_scores(some):
    w, _, entities = a_working_graph(some[0], graph=factbook().replaced([]), kinds=qagnn.edge_kinds(factbook()))
    assert entities[0] == some[0].topic and len(entities) == 6 and len(w.source) == 2 * 6 + 7
    assert qagnn.QAGNN(16, len(qagnn.edge_kinds(factbook())), d=12)(w).isfinite().all()


@pytest.mark.parametrize("hops", [1, 2, 3])
def test_on_paths_are_the_nodes_of_networkxs_short_walks(hops):
    graph = drawn(3, entities=14, triples=22)
    other = edges(graph)
    listed = ["e1", "e2"]
    d = lambda a, b: networkx.shortest_path_length(other, a, b) if networkx.has_path(other, a, b) else 99
    expected = {e for e in graph.entities if min(d("e0", e) + d(e, c) for c in listed) <= hops}
    assert set(qagnn.on_paths(graph, "e0", listed, hops)) == expected | {"e0", "e1", "e2"}


def test_pruning_keeps_the_most_relevant_in_their_order():
    relevance = lambda names: torch.tensor([float(n[1]) for n in names])
    assert qagnn.pruned(["t", "c", "e3", "e9", "e1", "e5"], 2, relevance, 4) == ["t", "c", "e9", "e5"]
    assert qagnn.pruned(["t", "c", "e3"], 2, relevance, 9) == ["t", "c", "e3"]


def test_choices_have_the_answers_type_and_one_is_right(some):
    for q in some:
        listed, gold = choices(factbook(), q, 8, generator())
        assert listed[gold] == q.answers[0] and len(set(listed)) == 8 and not set(listed) & set(q.answers[1:])
        assert {factbook().types[e] for e in listed} == {factbook().types[listed[gold]]}
        near = set(knowledge.around(factbook(), [q.topic], q.hops))
        like = [e for e in near if factbook().types[e] == factbook().types[listed[gold]] and e not in q.answers[1:]]
        assert sum(e in near for e in listed) >= min(4, len(like))
    with pytest.raises(ValueError, match="wrong answers of that type"):
        choices(factbook(), some[0], 999, generator())


# --- reasoning on graphs


@pytest.mark.parametrize("seed", range(8))
def test_shortest_plans_are_those_of_networkx(seed):
    graph = drawn(seed, triples=16)
    other = edges(graph)
    for end in graph.entities:
        if end == "e0" or "e0" not in other:
            continue
        expected = set()
        if networkx.has_path(other, "e0", end) and (n := networkx.shortest_path_length(other, "e0", end)) <= 3:
            paths = networkx.all_simple_edge_paths(other, "e0", end, cutoff=n)
            expected = {tuple(r for _, _, r in path) for path in paths if len(path) == n}
        assert reasoning.shortest_plans(graph, "e0", [end]) == sorted(expected)


def a_planner(seed=0, d_in=16, relations=("a", "^a", "b")):
    torch.manual_seed(seed)
    return reasoning.Planner(relations, d_in, d=24)


def test_plans_of_all_lengths_share_one_probability():
    """P(z | q) sums to 1 over all plans, the endless ones among them: what is left decreases with the length."""
    planner, q = a_planner(), torch.randn(1, 16, generator=generator())
    left = []
    for longest in range(4):
        plans = [p for n in range(longest + 1) for p in itertools.product(planner.relations, repeat=n)]
        left.append(1 - planner.log_prob(q.expand(len(plans), -1), plans).exp().sum().item())
    assert all(0 < b < a for a, b in itertools.pairwise(left))


def test_the_beam_finds_the_likeliest_of_all_plans():
    planner, q = a_planner(1), torch.randn(16, generator=generator())
    plans = [p for n in range(1, 4) for p in itertools.product(planner.relations, repeat=n)]
    scores = planner.log_prob(q.expand(len(plans), -1), plans).tolist()
    best = sorted(zip(scores, plans), reverse=True)[:5]
    found = planner.plans(q, 27)[:5]
    assert [plan for plan, _ in found] == [plan for _, plan in best]
    assert [s for _, s in found] == pytest.approx([s for s, _ in best], abs=1e-5)


def test_the_planning_loss_is_the_mean_over_plans_and_then_over_questions():
    planner, q = a_planner(), torch.randn(2, 16, generator=generator())
    plans = [[("a",), ("b", "^a")], [("b",)]]
    one = planner.log_prob(q[[0, 0]], plans[0]).mean() + planner.log_prob(q[[1]], plans[1]).mean()
    torch.testing.assert_close(reasoning.planning_loss(planner, q, plans), -one / 2)
    with pytest.raises(ValueError, match="Question 1 has no plan"):
        reasoning.planning_loss(planner, q, [plans[0], []])
    with pytest.raises(Unknown, match="cannot write 'c'"):
        planner.log_prob(q[:1], [("c",)])


def test_a_planner_learns_plans_from_answers_alone():
    graph = factbook()
    asked = [q for q in sample(questions(), 60) if q.plan in (("capital",), ("borders", "capital"))]
    plans = [reasoning.shortest_plans(graph, q.topic, q.answers) for q in asked]
    x = torch.stack([torch.tensor([1.0, 0.0] if q.hops == 1 else [0.0, 1.0]) for q in asked])
    torch.manual_seed(0)
    planner = reasoning.Planner(sorted({r for z in plans for p in z for r in p}), 2, d=16)
    optimiser = torch.optim.Adam(planner.parameters(), 0.03)
    for _ in range(60):
        loss = reasoning.planning_loss(planner, x, plans)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert planner.plans(torch.tensor([1.0, 0.0]), 1)[0][0] == ("capital",)
    assert planner.plans(torch.tensor([0.0, 1.0]), 1)[0][0] == ("borders", "capital")


def test_what_is_retrieved_is_in_the_graph_and_what_fails_says_why(small):
    plans = [(("borders", "capital"), -0.1), (("currency",), -1.0), (("twin",), -2.0)]
    found = reasoning.retrieve(small, "France", plans)
    assert [(p.entities, s) for p, s in found.paths] == [(("France", "Spain", "Madrid"), -0.1)]
    assert [(plan, why[:30]) for plan, why in found.failed] == [
        (("currency",), "The graph has no relation 'cur"), (("twin",), "from French Republic, no such "),
    ]  # fmt: skip
    assert reasoning.retrieve(small, "Atlantis", plans).paths == []


def test_every_path_found_is_faithful_and_forged_ones_are_not(small):
    (path, _), *_ = reasoning.retrieve(small, "France", [(("borders", "capital"), 0.0)]).paths
    assert reasoning.faithful(small, "France", "Madrid", path)
    assert not reasoning.faithful(small, "France", "Lisbon", path)
    assert not reasoning.faithful(small, "Spain", "Madrid", path)
    for forged in (path._replace(relations=("borders", "currency")), path._replace(relations=("^twin", "capital"))):
        assert not reasoning.faithful(small, "France", "Madrid", forged)


def test_the_vote_adds_up_what_plans_say():
    paths = [(knowledge.Path(("q", x), ("r",)), math.log(0.6)) for x in "ab"]
    paths += [(knowledge.Path(("q", "m", "b"), ("s", "t")), math.log(0.2))]
    found = reasoning.vote(paths)
    assert [(a, round(p, 6)) for a, p, _ in found] == [("b", 0.625), ("a", 0.375)] and found[0][2].relations == ("r",)
    assert reasoning.vote([]) == []


def test_the_papers_examples_run_as_printed():
    graph, examples = reasoning.printed()
    northern, series = examples
    (only,) = reasoning.retrieve(graph, northern.topic, [(northern.plan, 0.0)]).paths
    assert only[0].text(graph) == f"Northern District → {reasoning.DIVISION} → Israel → {reasoning.GOVERNMENT} → Parliamentary system"  # noqa: E501  # fmt: skip
    two = [path for path, _ in reasoning.retrieve(graph, series.topic, [(series.plan, 0.0)]).paths]
    assert [path.answer for path in two] == ["Busch Stadium", "Rogers Place Stadium"]
    assert all(reasoning.faithful(graph, series.topic, path.answer, path) for path in two)
    for e in examples:
        assert reasoning.shortest_plans(graph, e.topic, [e.answer]) == [e.plan]
    text = reasoning.prompt(graph, series.question, two)
    assert all(path.text(graph) in text for path in two) and text.index("Reasoning Paths") < text.index("Question:")
    assert reasoning.explanation(factbook(), next(knowledge.follow(factbook(), "country:Peru", ["capital"]))) == (
        "The capital of Peru is Lima."
    )


# --- ERNIE's masks


LENGTH = 15  # "Harry Potter is a series of fantasy novels written by British author J. K. Rowling", as the deck has it
PHRASES, ENTITIES = [(3, 6), (6, 8)], [(0, 2), (12, 15)]


def test_units_are_the_spans_and_the_tokens_between():
    assert masking.units(6, [(1, 3), (4, 6)]) == [(0, 1), (1, 3), (3, 4), (4, 6)]
    assert masking.units(3) == [(0, 1), (1, 2), (2, 3)] and masking.units(0) == []
    for wrong in ([(2, 2)], [(1, 4)], [(0, 2), (1, 3)], [(-1, 1)]):
        with pytest.raises(ValueError, match="span"):
            masking.units(3, wrong)


def test_no_span_is_hidden_by_half():
    for seed in range(200):
        masks = masking.ernie_masks(LENGTH, PHRASES, ENTITIES, 0.3, generator(seed))
        for level, spans in (("entity", ENTITIES), ("phrase", PHRASES + ENTITIES)):
            for start, end in spans:
                assert masks[level][start:end].unique().numel() == 1
        for mask in masks.values():  # 5 of 15 tokens, and at most the rest of a unit more
            assert 5 <= mask.sum() <= 7
    assert {
        tuple(masking.ernie_masks(LENGTH, PHRASES, ENTITIES, 0.3, generator(s))["basic"].tolist()) for s in range(9)
    }


def test_the_targets_are_what_was_hidden():
    tokens = torch.arange(10, 30)
    kept, random = 0, 0
    for seed in range(300):
        inputs, targets = masking.masked(tokens, [(2, 6)], 1, 50, generator(seed))
        asked = targets != masking.IGNORED
        assert torch.equal(targets[asked], tokens[asked]) and torch.equal(inputs[~asked], tokens[~asked])
        assert asked.sum() >= 3 and asked[2:6].unique().numel() == 1 and torch.equal(tokens, torch.arange(10, 30))
        kept += int((inputs[asked] == tokens[asked]).all())
        random += int(((inputs[asked] != 1) & (inputs[asked] != tokens[asked])).any())
    assert kept < 30 and 30 < random < 150
    with pytest.raises(ValueError, match="share is 0"):
        masking.masked(tokens, [], 1, 50, generator(), share=0)


def test_segments_in_their_order_are_class_0_and_every_class_is_one_order():
    seen = {}
    for seed in range(60):
        tokens, number = masking.reordered([[1, 2], [3], [4, 5]], generator(seed))
        seen.setdefault(number, tokens)
        assert seen[number] == tokens
    assert seen[0] == [1, 2, 3, 4, 5] and len(seen) == 6 == len({tuple(t) for t in seen.values()})
    with pytest.raises(ValueError, match="720 orders"):
        masking.reordered([[1]] * 6, generator())


def test_a_triple_and_its_text_tell_what_the_other_hides():
    triple = Triple("country:Peru", "capital", "city:Lima")
    assert masking.masked_triple(factbook(), triple, "Lima is on the coast.") == [
        ("Peru [mask] Lima . Lima is on the coast.", "capital"),
        ("Peru capital Lima . [mask] is on the coast.", "Lima"),
    ]
    assert len(masking.masked_triple(factbook(), triple, "It is on the coast.")) == 1


# --- chain of knowledge


CHAIN = chain.Chain(
    (("Peru", "capital", "Lima"), ("Peru", "currency", "euros")),
    "Lima is the capital of Peru, which pays in euros.",
    "Lima",
)


def test_a_chain_is_read_as_it_was_written():
    assert chain.read(chain.written(CHAIN)) == CHAIN
    assert chain.read("") == chain.Chain((), "", "")
    broken = chain.read("1. (Peru | capital)\n2. (Peru | capital | Lima)\nAnswer: Lima\nQuestion: next?")
    assert broken == chain.Chain((("Peru", "capital", "Lima"),), "", "Lima")
    shown = chain.prompt("Who?", [("What?", CHAIN)])
    assert shown.count("Evidence triples:") == 2 and shown.endswith("Question: Who?\nEvidence triples:\n")


@pytest.mark.parametrize(
    ("factual", "faithful", "gamma", "expected"),
    [
        ([1, 0], 0.5, 0.5, 0.5),
        ([1, 1, 0.4], 0.2, 0.75, 0.65),
        ([], 0.8, 0.5, 0.4),
        ([0.3], 0.9, 0, 0.9),
        ([0.3], 0.9, 1, 0.3),
    ],
)
def test_the_score_weighs_facts_against_faith(factual, faithful, gamma, expected):
    assert chain.f2(factual, faithful, gamma) == pytest.approx(expected)
    with pytest.raises(ValueError, match="gamma is 2"):
        chain.f2(factual, faithful, 2)


def test_facts_are_looked_up_by_name_and_corrected_from_the_graph():
    fact = chain.Factuality(factbook())
    assert [fact(t) for t in CHAIN.triples] == [1.0, 0.0]
    assert fact(("the USA", "exports to", "Canada")) == 0.0 and fact(("USA", "exports to", "Canada")) == 1.0
    assert fact.right(CHAIN.triples[1])[:2] == ("Peru", "currency") and "sol" in fact.right(CHAIN.triples[1])[2]
    assert fact.right(("Atlantis", "capital", "Lima")) is None and fact.right(("Peru", "emperor", "Lima")) is None
    soft = chain.Factuality(factbook(), plausible=lambda triple: 0.25)
    assert chain.verify(CHAIN, soft).factual == (1.0, 0.25)


def test_a_corrupted_chain_scores_less():
    fact = chain.Factuality(factbook())
    right = chain.Chain((("Peru", "capital", "Lima"),), "The capital of Peru is Lima.", "Lima")
    wrong = chain.Chain((("Peru", "capital", "Quito"),), "The capital of Peru is Quito.", "Quito")
    assert chain.verify(right, fact).score == 1.0 and chain.verify(wrong, fact).score == 0.5
    assert chain.named_in(right._replace(hint="")) == 0.0 and chain.named_in(chain.Chain((), "x", "")) == 0.0


def test_a_model_is_asked_again_with_what_the_graph_knows():
    asked = []

    def ask(known):
        asked.append(known)
        o = known[0][2] if known else "Quito"
        return chain.Chain((("Peru", "capital", o),), f"The capital of Peru is {o}.", o)

    tried = chain.rethink(ask, chain.Factuality(factbook()))
    assert asked == [(), (("Peru", "capital", "Lima"),)] and chain.best(tried).chain.answer == "Lima"
    stubborn = lambda known: chain.Chain((), "", "Quito")
    assert len(chain.rethink(stubborn, chain.Factuality(factbook()), rounds=4)) == 4
    with pytest.raises(ValueError, match="at least once"):
        chain.rethink(ask, chain.Factuality(factbook()), rounds=0)


# --- JointLK


def test_joint_attention_is_its_equations():
    torch.manual_seed(0)
    layer, t, g = jointlk.JointAttention(5), torch.randn(2, 3, 5), torch.randn(2, 4, 5)
    words, live = torch.tensor([[1, 1, 1], [1, 1, 0]]).bool(), torch.tensor([[1, 1, 1, 1], [1, 0, 1, 0]]).bool()
    new_t, new_g, received = layer(t, g, words, live)
    for b in range(2):
        T, G = t[b][words[b]], g[b][live[b]]
        S = torch.stack([torch.stack([layer.affinity(torch.cat([x, y, x * y]))[0] for y in G]) for x in T])
        torch.testing.assert_close(layer.scores(t, g)[b][words[b]][:, live[b]], S)
        read_t, read_g = S.softmax(1) @ G, S.softmax(0).T @ T
        back_t, back_g = S.softmax(1) @ S.softmax(0).T @ T, S.softmax(0).T @ S.softmax(1) @ G
        fused_t = T + layer.to_tokens(torch.cat([T, read_t, T * read_t, T * back_t], 1)).relu()
        fused_g = G + layer.to_nodes(torch.cat([G, read_g, G * read_g, G * back_g], 1)).relu()
        torch.testing.assert_close(new_t[b][words[b]], fused_t)
        torch.testing.assert_close(new_g[b][live[b]], fused_g)
        torch.testing.assert_close(received[b][live[b]], S.softmax(1).mean(0))
    torch.testing.assert_close(received.sum(1), torch.ones(2))


def test_pruning_keeps_a_share_of_the_live_nodes_and_the_protected():
    received = torch.tensor([[0.1, 0.4, 0.2, 0.3, 0.9], [0.5, 0.1, 0.1, 0.1, 0.1]])
    live = torch.tensor([[1, 1, 1, 1, 0], [1, 1, 1, 1, 1]]).bool()
    always = torch.tensor([[1, 0, 0, 0, 1], [0, 0, 0, 0, 1]]).bool()
    assert jointlk.prune(received, live, always, 0.5).long().tolist() == [[1, 1, 0, 1, 0], [1, 1, 1, 0, 1]]
    assert torch.equal(jointlk.prune(received, live, always, 1.0), live)
    for keep in (0, 1.5):
        with pytest.raises(ValueError, match="keep is"):
            jointlk.prune(received, live, always, keep)
        with pytest.raises(ValueError, match="keep is"):
            jointlk.JointLK(4, 3, keep=keep)


def test_questions_side_by_side_do_not_see_each_other_in_jointlk(some):
    graphs = [a_working_graph(q)[0] for q in some]
    torch.manual_seed(0)
    net = jointlk.JointLK(16, len(qagnn.edge_kinds(factbook())), d=12, keep=0.5)
    tokens, words = torch.randn(3, 6, 16), torch.arange(6) < torch.tensor([[6], [4], [2]])
    apart = [net(g, x[None, w], w[None, w]) for g, x, w in zip(graphs, tokens, words)]
    scores, shares = net(qagnn.side_by_side(graphs), tokens, words)
    torch.testing.assert_close(scores, torch.cat([s for s, _ in apart]))
    assert all(b <= a for a, b in itertools.pairwise(shares)) and shares[-1] < 1
    assert set(
        jointlk.JointLK(16, len(qagnn.edge_kinds(factbook())), keep=1.0)(graphs[0], tokens[:1], words[:1])[1]
    ) == {1.0}


# --- triples in the prompt


def test_candidates_are_the_triples_within_reach(small):
    assert set(triples.candidates(small, ["France"])) == {t for t in small if "France" in (t.head, t.tail)}
    two = triples.candidates(small, ["France"], 2)
    ball = knowledge.around(small, ["France"], 1)
    assert set(two) == {t for t in small if t.head in ball or t.tail in ball} and len(two) == len(set(two))
    assert triples.candidates(small, []) == [] and triples.candidates(small, ["Atlantis"]) == []


def test_triples_are_packed_best_first_into_the_budget():
    graph, words = factbook(), {}

    def embed(texts):
        rows = [torch.tensor([float(w in t.lower()) for w in ("capital", "currency", "lima", "peru")]) for t in texts]
        return torch.nn.functional.normalize(torch.stack(rows) + 1e-6, dim=-1)

    length = lambda text: len(text.split())
    asked = "What is the capital of Peru, Lima?"
    found = triples.retrieved(graph, asked, ["country:Peru"], embed, 12, length)
    assert found[0] == "(Peru, capital, Lima)" and sum(map(length, found)) <= 12 and not words
    sentences = triples.retrieved(graph, asked, ["country:Peru"], embed, 12, length, form="sentences")
    assert sentences[0] == "The capital of Peru is Lima."
    assert triples.retrieved(graph, asked, [], embed, 12, length) == []
    assert triples.retrieved(graph, asked, ["country:Peru"], embed, 1, length) == []
    with pytest.raises(ValueError, match="no form 'table'"):
        triples.written(graph, next(iter(graph)), "table")


# --- COMET


def test_symmetric_facts_and_all_tails_of_a_pair_are_on_one_side():
    parts = comet.split(factbook(), 0.2, unseen=("currency",))
    assert sum(map(len, parts)) == len(factbook()) and {t.relation for t in parts.unseen} == {"currency"}
    train, held_out = set(parts.train), set(parts.held_out)
    assert 0.15 < len(held_out) / (len(train) + len(held_out)) < 0.25
    assert not {(t.tail, t.relation, t.head) for t in held_out} & train
    directed = lambda some: {(t.head, t.relation) for t in some if (t.tail, t.relation, t.head) not in factbook()}
    assert not directed(train) & directed(held_out)


def test_only_the_tail_is_learned():
    learned = [Triple("country:Peru", "capital", "city:Lima"), Triple("country:Chad", "region", "region:Africa")]
    pairs = comet.lines(factbook(), learned)
    assert pairs[0] == ("Peru > capital > ", "Lima\n")
    tokenizer = models.CharTokenizer("".join(a + b for a, b in pairs))
    x, y = comet.batch(tokenizer, pairs)
    for (a, b), row, target in zip(pairs, x, y):
        asked = target != -100
        assert tokenizer.decode(target[asked]) == b and tokenizer.decode(row[: len(a + b) - 1]) == (a + b)[:-1]
        assert asked.nonzero()[0, 0] == len(a) - 1


@pytest.fixture(scope="module")
def completer():
    """A small model that has learned 40 capitals by heart, in seconds."""
    learned = [t for t in factbook() if t.relation == "capital"][:40]
    pairs = comet.lines(factbook(), learned)
    tokenizer = models.CharTokenizer("".join(a + b for a, b in pairs))
    torch.manual_seed(0)
    model = models.GPT(len(tokenizer), 64, 2, models.SoftmaxAttention)
    optimiser, data = torch.optim.Adam(model.parameters(), 3e-3), comet.batch(tokenizer, pairs)
    for _ in range(120):
        loss = comet.loss(model, data)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return model.eval(), tokenizer, pairs


def test_a_model_completes_what_it_has_learned(completer):
    model, tokenizer, pairs = completer
    found = [comet.complete(model, tokenizer, a, 3) for a, _ in pairs]
    assert sum(comet.hits(some, [b.strip()], 1) for some, (_, b) in zip(found, pairs)) > 30
    for (a, _), some in zip(pairs[:5], found):
        scores = comet.log_probs(model, tokenizer, [(a, t + "\n") for t in some]).tolist()
        assert scores == sorted(scores, reverse=True) and len(set(some)) == len(some)


def test_the_log_probability_of_a_tail_is_that_of_its_characters(completer):
    model, tokenizer, pairs = completer
    a, b = pairs[0]
    text = tokenizer.encode(a + b)
    steps = model(text[None, :-1])[0][0].log_softmax(-1).gather(1, text[1:, None])[len(a) - 1 :]
    torch.testing.assert_close(comet.log_probs(model, tokenizer, pairs)[0], steps.sum(), atol=1e-4, rtol=1e-4)


def test_novelty_is_counted_by_triples_and_by_tails():
    train = [("Peru", "capital", "Lima"), ("Chad", "capital", "N'Djamena")]
    made = {("Peru", "capital"): ["Lima", "N'Djamena"], ("Fiji", "capital"): ["Suva", "Lima"]}
    assert comet.novelty(made, train) == (0.75, 0.25)
    with pytest.raises(ValueError, match="Nothing was generated"):
        comet.novelty({}, train)


# --- BertNet


def test_compatibility_is_the_published_formula():
    h, t = torch.tensor([-1.0, -4.0]), torch.tensor([-3.0, -0.5])
    torch.testing.assert_close(
        bertnet.compatibility(h, t, 0.25), torch.tensor([0.25 * -4 + 0.75 * -3, 0.25 * -4.5 - 3])
    )
    with pytest.raises(ValueError, match="alpha is 2"):
        bertnet.compatibility(h, t, 2)


def test_a_prompt_that_fits_the_seeds_weighs_more():
    log = -5 * torch.rand(3, 2, 4, generator=generator())
    log[1, 0] -= 10
    w = bertnet.prompt_weights(log[:, 0], log[:, 1])
    assert w[1] < 1e-3 and torch.isclose(w.sum(), torch.tensor(1.0))
    same = bertnet.prompt_weights(log[:, 0], log[:, 1], tau=1e6)
    torch.testing.assert_close(same, torch.full((3,), 1 / 3), atol=1e-4, rtol=0)
    with pytest.raises(ValueError, match="seed pairs"):
        bertnet.prompt_weights(torch.zeros(3, 0), torch.zeros(3, 0))


@pytest.mark.parametrize("seed", range(10))
def test_the_search_finds_the_best_of_all_pairs(seed):
    g = generator(seed)
    log_h = (3 * torch.randn(3, 30, generator=g)).log_softmax(-1)
    log_t = (2 * torch.randn(3, 30, 12, generator=g)).log_softmax(-1)
    w = torch.rand(3, generator=g).softmax(0)
    found = bertnet.search(log_h, lambda h: log_t[:, h], w, 7)
    scores = bertnet.consistency(log_h[..., None], log_t, w)
    best = scores.flatten().topk(7)
    assert [(h * 12 + t) for h, t, _ in found.pairs] == best.indices.tolist()
    assert [s for _, _, s in found.pairs] == pytest.approx(best.values.tolist(), abs=1e-5) and found.asked < 30
    with pytest.raises(ValueError, match="above 0"):
        bertnet.search(log_h + 9, lambda h: log_t[:, h], w, 7)


def test_paraphrases_that_say_the_same_are_left_out():
    same = lambda a, b: len(set(a.split()) & set(b.split())) / len(set(a.split()) | set(b.split()))
    assert bertnet.kept(["a b c", "a b c d", "x y"], 0.5, same) == ["a b c", "x y"]


# --- what the lecture and its records run


def test_a_region_says_in_triples_what_its_passages_say():
    place = reading_experiments.region("South America", each=2)
    assert sorted(q.hops for q in place.questions) == [1, 1, 2, 2, 3, 3]
    assert all(t in place.graph for q in place.questions for p in q.paths for t in p.triples)
    text = " ".join(p.text for p in place.passages)
    named = [t for t in place.graph if place.graph.label(t.tail) in text and place.graph.label(t.head) in text]
    assert len(named) > 0.95 * len(place.graph) and not list(place.graph.violations())
    assert place.entities(place.questions[0].text) == [place.questions[0].topic]
    assert place.entities("Who?") == []


def test_examples_show_what_a_system_reads():
    shown = reading_experiments.shots(reading_experiments.AS_TRIPLES, reading_experiments.THOUGHT)
    first = (
        "Facts: (Ruritania, capital, Strelsau)\nQuestion: What is the capital of Ruritania?\nReasoning: The capital of"
    )
    assert shown.startswith(first) and shown.count("Answer:") == len(reading_experiments.SHOTS)
    assert "Facts" not in reading_experiments.shots(reading_experiments.NOTHING, reading_experiments.SILENT)
    for _, c, _ in reading_experiments.SHOTS:
        assert chain.read(chain.written(c)) == c


def test_corrupted_evidence_is_false_and_a_complete_graph_finds_all_of_it():
    graph = factbook()
    true = [t for t in graph if t.relation == "capital"]
    evidence = live_experiments.corrupted(graph, true, 0.3, generator())
    assert all((t in graph) == right for t, right in evidence)
    assert abs(sum(not right for _, right in evidence) / len(evidence) - 0.3) < 0.08
    shares = lambda missing: [
        [estimate.value for estimate in pair]
        for pair in live_experiments.caught(graph, evidence, missing, generator()).values()
    ]
    assert shares(0.0) == [[1, 0], [1, 0]]
    closed, opened = shares(0.4)
    assert closed[0] == 1 and opened[1] == 0 and 0.3 < closed[1] < 0.5 and 0.5 < opened[0] < 0.7


def test_readers_have_questions_in_equal_shares_and_learn_on_other_topics():
    parts = graph_experiments.drawn()
    for name, size in (("train", 600), ("validation", 90), ("test", 180)):
        assert [sum(q.hops == h for q, _, _ in parts[name]) for h in (1, 2, 3)] == [size // 3] * 3
    topics = {name: {q.topic for q, _, _ in part} for name, part in parts.items()}
    assert not topics["test"] & (topics["train"] | topics["validation"])
    assert all(offered[right] in q.answers for part in parts.values() for q, offered, right in part)


def test_triples_as_text_do_not_depend_on_their_order_or_on_padding(some):
    graphs = [a_working_graph(q)[0] for q in some[:2]]
    torch.manual_seed(0)
    net = graph_experiments.TextReader(16, 8, rounds=3)
    facts = [torch.randn(5, 16), torch.randn(3, 16)]
    alone = [net(g, f[None], torch.ones(1, len(f), dtype=torch.bool)) for g, f in zip(graphs, facts)]
    padded = torch.nn.utils.rnn.pad_sequence([facts[0].flip(0), facts[1]], batch_first=True)
    both = net(qagnn.side_by_side(graphs), padded, torch.arange(5) < torch.tensor([[5], [3]]))
    torch.testing.assert_close(both, torch.cat(alone))


def test_clozes_that_are_held_out_were_never_trained_on_but_their_facts_were():
    sentences, vocabulary = mask_experiments.sentences()
    facts = lambda held_out: {
        (s.relation, tuple(s.tokens[slice(*s.head)].tolist()), tuple(s.tokens[slice(*s.tail)].tolist()))
        for s in sentences if s.held_out == held_out
    }  # fmt: skip
    trained = {tuple(s.tokens.tolist()) for s in sentences if not s.held_out}
    assert facts(True) <= facts(False)
    assert not any(tuple(s.tokens.tolist()) in trained for s in sentences if s.held_out)
    assert all(int(s.tokens.max()) < vocabulary for s in sentences)
