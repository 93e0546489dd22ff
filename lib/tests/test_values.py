"""Values that are not tensors: through a case, out of another process, compared, and on the card."""

import json
import math
import random
import re
import time
import types
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from pathlib import Path

import numpy as np
import pytest
import torch
from llmcourse.checks.answer import Reply, read_reply, reply_bytes, run
from llmcourse.checks.check import report
from llmcourse.checks.compare import distance, same, scales, wrong
from llmcourse.checks.differences import apart
from llmcourse.checks.exercise import Exercise
from llmcourse.checks.public_cases import Case, Misconception, PublicCases, dump, parse
from llmcourse.checks.values import DEPTH, ENTRIES, TooLarge, load, on_tensors, plain, save, shown, tensors_in, text
from safetensors.torch import save as save_tensors

NAN = float("nan")


def bitwise(x, y):
    """The same in every type, order and bit."""
    if isinstance(x, torch.Tensor):
        return isinstance(y, torch.Tensor) and x.dtype == y.dtype and torch.equal(x, y)
    if type(x) is not type(y):
        return False
    if isinstance(x, list | tuple):
        return len(x) == len(y) and all(map(bitwise, x, y))
    if isinstance(x, dict):
        return list(x) == list(y) and all(map(bitwise, x.values(), y.values()))
    return x == y or (x != x and y != y)


def forth_and_back(x):
    values, texts = load(save({"x": x}, note="kept"))
    assert texts == {"note": "kept"}
    return values["x"]


# --- the way through bytes


@pytest.mark.parametrize(
    "x",
    [
        None,
        True,
        0,
        -(10**900),
        2**64,
        1.5,
        -0.0,
        NAN,
        math.inf,
        -math.inf,
        5e-324,
        "",
        "naïve → 漢字 😀\n\x00\"'`",
        "\ud800",
        [],
        [1, [2, [3, []]]],
        (),
        (1, ("a", None)),
        set(),
        {1, "a", (2, 3), None, frozenset({4, 5})},
        frozenset({1}),
        {},
        {"b": 1, "a": {1: [True], None: (), (1, "x"): {2}}},
        [torch.arange(3), {"weights": torch.ones(2, 2, dtype=torch.float64)}],
        torch.zeros(0, 3),
        [("Ada", "wrote", "notes"), ("notes", "on", "engine")],
        {"set": {"set"}, "tensor": 0, "#0": "tensor"},
    ],
    ids=lambda x: type(x).__name__,
)
def test_every_value_comes_back_as_it_was(x):
    assert bitwise(forth_and_back(x), x)


def drawn(rng, depth=4, key=False):
    """A random value; `key`: one that Python can hash."""
    leaf = [
        lambda: None,
        lambda: rng.random() < 0.5,
        lambda: rng.randrange(-(10 ** rng.randrange(1, 40)), 10**40),
        lambda: rng.choice([rng.gauss(0, 1e3), math.inf, 1e-310]),
        lambda: "".join(chr(rng.randrange(1, 0x2FFF)) for _ in range(rng.randrange(6))),
    ]
    some = lambda key: [drawn(rng, depth - 1, key) for _ in range(rng.randrange(4))]
    inner = [lambda: tuple(some(key))]
    if not key:
        leaf += [lambda: torch.randn(rng.randrange(3), 2)]
        inner += [lambda: some(False), lambda: set(some(True))]
        inner += [lambda: {k: drawn(rng, depth - 1) for k in some(True)}]
    return rng.choice(leaf + 3 * inner if depth else leaf)()


def test_random_values_come_back_and_are_alike():
    for seed in range(300):
        rng = random.Random(seed)
        x = drawn(rng)
        back = forth_and_back(x)
        assert bitwise(back, x) and apart(back, x) == 0 and text(back) == text(x), seed
        assert bitwise(plain("x", x), x)


def test_two_random_values_are_apart_or_written_alike():
    values = [drawn(random.Random(seed), depth=2) for seed in range(60)]
    for i, x in enumerate(values):
        for y in values[:i]:
            assert apart(x, y) == apart(y, x)
            if not any(True for z in (x, y) for _ in tensors_in(z)):
                assert (apart(x, y) == 0) == (text(x) == text(y))


def test_a_file_of_tensors_has_the_bytes_it_always_had():
    tensors = {"a": torch.ones(2), "b": torch.arange(3)}
    assert save(tensors) == save_tensors(tensors)
    assert save(tensors, note="x") == save_tensors(tensors, metadata={"note": "x"})


def test_equal_sets_have_equal_bytes():
    one, other = {"b", "a", "c", 1}, {1, "c", "a", "b"}
    assert save({"x": one}) == save({"x": other})


# --- bytes of a stranger


def forged(values, tensors=None, **texts):
    written = values if isinstance(values, str) else json.dumps(values)
    return save_tensors(tensors or {}, metadata={"values": written, **texts})


def named(x):
    return {"dict": [["x", x]]}


HOSTILE = {
    "nothing": b"",
    "no header": b"\xff" * 100,
    "not UTF-8": b"\x04\0\0\0\0\0\0\0\xff\xfe\xfd\xfc",
    "a header that is a list": b"\x02\0\0\0\0\0\0\0[]",
    "a pickle": b"cos\nsystem\n(S'id'\ntR.",
    "values that are no JSON": forged("{"),
    "values without names": forged([1]),
    "names that are no strings": forged({"dict": [[1, 2]]}),
    "an unknown type": forged(named({"object": []})),
    "an object with two names": forged('{"dict": [], "set": []}'),
    "an object with one name twice": forged('{"dict": [], "dict": []}'),
    "an empty object": forged("{}"),
    "a dict that is no list of pairs": forged(named({"dict": [[1]]})),
    "a key twice": forged(named({"dict": [["a", 1], ["a", 2]]})),
    "an element twice": forged(named({"set": [1, 1]})),
    "an unhashable element": forged(named({"set": [[1]]})),
    "an unhashable key": forged(named({"dict": [[{"set": []}, 1]]})),
    "a tensor as a key": forged(named({"dict": [[{"tensor": 0}, 1]]}), {"#0": torch.ones(1)}),
    "a tensor that is not there": forged(named({"tensor": 0})),
    "a tensor used twice": forged(named([{"tensor": 0}, {"tensor": 0}]), {"#0": torch.ones(1)}),
    "an output as an inner tensor": forged(named({"tensor": "z"}), {"z": torch.ones(1)}),
    "lists too deep": forged('{"dict":[["x",' + "[" * 90 + "]" * 90 + "]]}"),
    "lists so deep that a parser gives up": forged("[" * 200_000),
    "objects so deep": forged('{"tuple":[' * 100_000),
    "too many entries": forged(named([0] * (ENTRIES + 1))),
    "too long": forged(named("x" * 2_100_000)),
    "a number of many digits": forged('{"dict":[["x",' + "9" * 3000 + "]]}"),
    "a number of very many digits": forged('{"dict":[["x",' + "9" * 300_000 + "]]}"),
    "keys with one hash": forged(named({"set": [i * (2**61 - 1) for i in range(50_000)]})),
    "pairs with one hash": forged(named({"dict": [[{"tuple": [i * (2**61 - 1)]}, 0] for i in range(20_000)]})),
    "sets in sets in sets": forged(named({"set": [{"frozenset": [{"frozenset": []}]}]})),
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_hostile_bytes_are_refused_at_once(data):
    start = time.process_time()
    with pytest.raises(ValueError, match="no readable"):
        load(data)
    with pytest.raises(ValueError, match="no readable reply"):
        read_reply(data)
    assert time.process_time() - start < 2


def test_the_largest_values_are_read_in_time():
    """Numbers that fill the slots of a hash table in the worst order known are slow, but not slow for long."""
    crowded = [i << 20 for i in range(ENTRIES - 10)]
    for x in (crowded, set(crowded), {str(i): i for i in range(ENTRIES // 2 - 10)}, "x" * 1_900_000):
        data = save({"x": x})
        start = time.process_time()
        back = load(data)[0]["x"]
        for other in (type(x)(), [back, 1.0]):
            assert wrong(Reply({"x": back}), {"x": other}, 1e-4)[0]
            assert distance(Reply({"x": back}), Reply({"x": other}), {"x": other}) == math.inf
        assert time.process_time() - start < 4


def test_what_read_refuses_is_refused_by_the_writer_with_a_sentence():
    deep, wide, endless = [], [0] * (ENTRIES + 1), []
    endless.append(endless)
    for _ in range(DEPTH + 1):
        deep = [deep]
    for x, said in [(deep, "levels deep"), (wide, "entries"), (endless, "levels deep"), (10**1001, "digits")]:
        with pytest.raises(TooLarge, match=said):
            plain("x", x)
    deepest = 0
    for _ in range(DEPTH):
        deepest = [deepest]
    assert bitwise(forth_and_back(plain("x", deepest)), deepest)
    reply = read_reply(reply_bytes(exercise(lambda answer, inputs: {"x": "x" * 3_000_000}), lambda: 0, {}))
    assert reply.error == "TooLarge" and "far more than expected" in reply.message


# --- what students return


Point = namedtuple("Point", "x y")


@pytest.mark.parametrize(
    "given, kept",
    [
        (Counter("aab"), {"a": 2, "b": 1}),
        (OrderedDict(a=1), {"a": 1}),
        (defaultdict(list, a=[1]), {"a": [1]}),
        (Point(1, 2), (1, 2)),
        (torch.Size([2, 3]), (2, 3)),
        (np.float64(0.5), 0.5),
        (np.float32(0.5), 0.5),
        ([np.int64(3), np.bool_(True), np.str_("a")], [3, True, "a"]),
        ({np.int64(1)}, {1}),
        (type("Words", (str,), {})("a"), "a"),
        (type("Whole", (int,), {})(3), 3),
    ],
    ids=lambda x: type(x).__name__,
)
def test_subclasses_and_numpys_numbers_become_pythons(given, kept):
    assert bitwise(plain("x", given), kept)


@pytest.mark.parametrize(
    "given, said",
    [
        ((i for i in range(3)), "`answer` is a generator. Wrap it in `list(...)`"),
        (map(str, []), "`answer` is a map. Wrap it in `list(...)`"),
        ({}.values(), "Wrap it in `list(...)`"),
        (range(3), "`answer` is a range. Wrap it in `list(...)`"),
        (deque(), "`answer` is a deque. Wrap it in `list(...)`"),
        (np.zeros(2), "`answer` is a NumPy array. `.tolist()` turns it into a list"),
        (b"ab", "`answer` is a bytes. `.decode()` turns it into a string"),
        (Path("a"), "`str(...)` turns it into a string"),
        (len, "`answer` is a builtin_function_or_method. Call it"),
        (object(), "`answer` is an object. Return numbers, strings, tensors, or lists"),
        ([1, {"a": (0, object())}], '`answer[1]["a"][1]` is an object'),
        ({"it's": object()}, '`answer["it\'s"]` is an object'),
        ({torch.ones(1)}, "`answer` has a tensor as element: `.item()`"),
        ({(1, torch.ones(1)): 2}, "`answer` has a tensor as key: `.item()`"),
        (3j, "`answer` is a complex"),
    ],
    ids=lambda x: type(x).__name__,
)
def test_anything_else_is_named_with_what_to_try(given, said):
    reply = run(exercise(lambda answer, inputs: {"answer": answer()}), lambda: given, {})
    assert reply.error == "TypeError" and said in reply.message


# --- running


def exercise(probe, **more):
    fields = {"title": "", "answer": "f", "parameters": (), "points": 2, "difficulty": 1, "minutes": 1, "hints": ()}
    return Exercise("fake", probe=probe, **{**fields, "cases": {}, **more})


INPUTS = {
    "words": ["b", "a"],
    "scores": {"a": 1.0, "b": NAN},
    "seen": {1},
    "graph": {"a": ["b"], "b": []},
    "pair": (1, [2]),
    "x": torch.ones(2),
    "xs": [torch.ones(2)],
}
CHANGES = {
    "words": (lambda inputs: inputs["words"].sort(), "`sorted(x)` instead of `x.sort()`"),
    "scores": (lambda inputs: inputs["scores"].update(a=2), "Write `x = {**x, key: y}`"),
    "seen": (lambda inputs: inputs["seen"].add(2), "Write `x = x | {y}` instead of `x.add(y)`"),
    "graph": (lambda inputs: inputs["graph"]["a"].append("c"), "`copy.deepcopy(x)`"),
    "pair": (lambda inputs: inputs["pair"][1].clear(), "`copy.deepcopy(x)`"),
    "x": (lambda inputs: inputs["x"].add_(1), "Write `x = x + y` instead of `x += y`"),
    "xs": (lambda inputs: inputs["xs"][0].mul_(2), "`copy.deepcopy(x)`"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_changes_in_place_are_seen_and_the_advice_fits(name):
    change, advice = CHANGES[name]
    task = exercise(lambda answer, inputs: {"n": len([answer(inputs)])}, parameters=("inputs",))
    before = on_tensors(torch.clone, INPUTS)
    reply = read_reply(reply_bytes(task, change, INPUTS))
    assert reply.changed == (name,) and bitwise(INPUTS, before)
    said, _ = wrong(reply, {"n": 1}, 1e-4, INPUTS)
    assert said.startswith(f"Your code changes the argument {name} in place. ") and advice in said


@pytest.mark.parametrize("change", [list.reverse, lambda x: x.__setitem__(0, "c"), lambda x: x.__setitem__(1, x)])
def test_order_entries_and_circles_are_changes(change):
    reply = run(exercise(lambda answer, inputs: {"n": answer(inputs["words"]) or 1}), change, {"words": ["b", "a"]})
    assert reply.changed == ("words",)


def test_changes_in_lists_that_a_probe_makes_are_seen():
    """As in rouge-l, whose texts are cut out of a tensor."""
    probe = lambda answer, inputs: {"n": answer(inputs["texts"][0].tolist(), {"k": 1})}
    task = exercise(probe, parameters=("a", "b"))
    for change, name in ((lambda a, b: a.pop(), "a"), (lambda a, b: b.pop("k"), "b")):
        reply = run(task, change, {"texts": torch.tensor([[1, 2], [3, 4]])})
        assert reply.changed == (name,)
        said, _ = wrong(reply, {"n": 1}, 1e-4, {"texts": INPUTS["x"], "a": None, "b": None})
        assert said == (
            f"Your code changes the argument {name} in place. Work on a copy: `x = list(x)`; `copy.deepcopy(x)` copies "
            "what is inside as well."
        )
    assert not run(task, lambda a, b: len(a), {"texts": torch.tensor([[1, 2], [3, 4]])}).changed


def test_leaving_arguments_alone_is_no_change():
    reply = run(exercise(lambda answer, inputs: answer(inputs)), lambda inputs: inputs, INPUTS)
    assert not reply.changed and not reply.error and bitwise(reply.outputs["graph"], INPUTS["graph"])


def test_gradients_flow_through_tensors_inside_values():
    task = exercise(lambda answer, inputs: {"parts": answer(inputs["x"])}, gradients=("x",), parameters=("x",))
    reply = read_reply(reply_bytes(task, lambda x: [{"twice": 2 * x}, "text"], {"x": torch.ones(3)}))
    assert torch.allclose(reply.outputs["gradient of x"], 2 * torch.cos(torch.arange(3.0)))
    cut = run(task, lambda x: [{"twice": 2 * x.detach()}, "text"], {"x": torch.ones(3)})
    assert "There is no gradient of x" in wrong(cut, reply.outputs, 1e-4)[0]


# --- comparing


ALIKE = [
    (1, 1.0),
    ([1, 2], (1, 2)),
    (frozenset({1}), {1}),
    ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
    (torch.tensor(0.5), 0.5),
    ([torch.tensor(True)], [True]),
    (NAN, NAN),
    ([math.inf], [math.inf]),
    (0.1 + 0.2, 0.3),
    ({(1, 2)}, {(1, 2)}),
    ({1, 2.0}, {1.0, 2}),
    (10**400, 10**400),
    ({True: 1}, {True: 1}),
]


@pytest.mark.parametrize("got, want", ALIKE, ids=lambda x: type(x).__name__)
def test_alike(got, want):
    assert wrong(Reply({"x": got}), {"x": want}, 1e-6) == ("", "")
    assert same(Reply({"x": got}), Reply({"x": want}), {"x": want}, 1e-6)


KIND, SINGLE = "x is not of the kind that is expected.", "x is not right."
SIZE = "x does not have as many entries as expected, or has others."
ORDER = "x has the right entries in the wrong order."
UNLIKE = [  # got, expected, the message, the message of a private case
    ([1], {1}, "`x` is a list; expected a set.", KIND),
    (None, [1], "`x` is None; expected a list.", KIND),
    (True, 1, "`x` is a bool; expected an int.", KIND),
    ("1", 1, "`x` is a string; expected an int.", KIND),
    ([1, True], [1, 1], "`x[1]` is a bool; expected an int.", "1 of 2 entries of x differ."),
    (3, 4, "`x` is `3`; expected `4`.", SINGLE),
    (False, True, "`x` is `False`; expected `True`.", SINGLE),
    (0.5, 0.25, "`x` is `0.5`; expected `0.25`.", SINGLE),
    (NAN, 0.25, "`x` is `nan`; expected `0.25`.", SINGLE),
    (10**400, 0.25, f"`x` is `{'1' + '0' * 58}…`; expected `0.25`.", SINGLE),
    (1.0000001, 1.0, "`x` is `1.0`; expected `1.0` (they differ by 1e-07).", SINGLE),
    ({"score": 0.5}, {"score": 0.25}, '`x["score"]` is `0.5`; expected `0.25`.', SINGLE),
    (
        {"a": [1, {2: "u"}]},
        {"a": [1, {2: "v"}]},
        "`x[\"a\"][1][2]` is `'u'`; expected `'v'`.",
        "1 of 2 entries of x differ.",
    ),
    (
        ["a", "b"],
        ["a", "b", "c", "d"],
        "`x` has 2 entries; expected 4. `x` lacks the entries `'c'`, `'d'`.",
        SIZE,
    ),
    (
        ["a", "b", "b"],
        ["a", "b"],
        "`x` has 3 entries; expected 2. `x` should not have the entry `'b'`.",
        SIZE,
    ),
    (
        ["a", "c", "b"],
        ["a", "b", "c"],
        "`x` has the right entries in the wrong order: `x[1]` is `'c'`; expected `'b'`.",
        ORDER,
    ),
    (
        {"kept": [[1], [2, 3]]},
        {"kept": [[2, 3], [1]]},
        '`x["kept"]` has the right entries in the wrong order: `x["kept"][0]` is `[1]`; expected `[2, 3]`.',
        ORDER,
    ),
    (
        ["a", "d", "c"],
        ["a", "b", "c"],
        "`x[1]` is `'d'`; expected `'b'`.",
        "1 of 3 entries of x differ.",
    ),
    (
        {1, 2, 9},
        {1, 3, 4, 5, 6, 7},
        "`x` lacks the elements `3`, `4`, `5` and 2 more. It should not have the elements `2`, `9`.",
        SINGLE,
    ),
    ({1, 2}, {1}, "`x` should not have the element `2`.", SINGLE),
    (
        {"a": 1, "z": 1},
        {"a": 1, "b": 2},
        "`x` lacks the key `'b'`. It should not have the key `'z'`.",
        SIZE,
    ),
    ({1: "a"}, {True: "a"}, "`x` lacks the key `True`. It should not have the key `1`.", SIZE),
    (
        "the cat sat on the mat and looked at me",
        "the cat sat on the dog and looked at me",
        "`x[19:]` is `'mat and looked at me'`; expected `'dog and looked at me'`.",
        SINGLE,
    ),
    (
        [torch.ones(2)],
        [torch.ones(3)],
        "The shape of `x[0]` is (2,); expected (3,).",
        SINGLE,
    ),
    (
        [torch.ones(2)],
        [torch.ones(2).double()],
        "The dtype of `x[0]` is torch.float32; expected torch.float64.",
        SINGLE,
    ),
    ([torch.ones(2)], [torch.zeros(2)], "Entries of `x[0]` differ, the largest by 1.", "2 of 2 entries of x differ."),
    (
        [torch.ones(2) * NAN],
        [torch.zeros(2)],
        "2 of 2 entries of `x[0]` are nan or infinite.",
        "2 of 2 entries of x differ.",
    ),
    ([torch.tensor([1, 2])], [torch.tensor([1, 3])], "1 of 2 entries of `x[0]` differ.", "1 of 2 entries of x differ."),
    (["a`b"], ["c"], "`x[0]` is `'aˋb'`; expected `'c'`.", SINGLE),
]


@pytest.mark.parametrize("got, want, told, secret", UNLIKE, ids=lambda x: type(x).__name__)
def test_the_first_place_that_differs_is_named(got, want, told, secret):
    assert wrong(Reply({"x": got}), {"x": want}, 1e-9) == (told, "x")
    assert wrong(Reply({"x": got}), {"x": want}, 1e-9, show=False) == (secret, "x")
    assert distance(Reply({"x": got}), Reply({"x": want}), {"x": want}) > 1e-9


@pytest.mark.parametrize(
    "got, want",
    [
        ("mine", "MARK"),
        (["mine"], ["MARK", "MARK"]),
        (["mine", "MARK!"], ["mine", "MARK"]),
        ({"mine"}, {"MARK"}),
        ({"mine": 1}, {"MARK": 1}),
        ({"k": [{"mine"}]}, {"k": [{"MARK"}]}),
        (3, "MARK"),
        ([3.5], [777]),
        (1.0, 777.0),
    ],
)
def test_secret_values_are_not_told(got, want):
    """Every expected value is a marker, and no message of a graded case contains it."""
    told, secret = (wrong(Reply({"x": got}), {"x": want}, 1e-9, show=show)[0] for show in (True, False))
    assert told != secret and not re.search(r"MARK(?!!)|777|expected [^.]", secret.replace("MARK!", ""))


def test_integer_tensors_of_private_cases_are_not_told():
    got, want = {"n": torch.tensor([1, 2])}, {"n": torch.tensor([1, 7])}
    assert wrong(Reply(got), want, 1e-4) == ("n: [1, 2]; expected: [1, 7].", "n")
    assert wrong(Reply(got), want, 1e-4, show=False) == ("1 of 2 entries of n differ.", "n")
    flag = {"n": torch.tensor(True)}
    assert wrong(Reply(flag), {"n": torch.tensor(False)}, 1e-4, show=False) == ("n is not right.", "n")


def test_a_tensor_is_asked_for_where_one_is_expected():
    for got in (None, [1.0], 1.0):
        said, _ = wrong(Reply({"z": got}), {"z": torch.ones(1)}, 1e-4)
        assert said == f"z should be a tensor; it is {type(got).__name__}."
    assert wrong(Reply({"z": torch.ones(2)}), {"z": [1.0, 1.0]}, 1e-4)[0] == "`z` is a tensor; expected a list."


def test_tolerance_is_in_units_of_all_floats_of_the_output():
    want = {"scores": {"a": 300.0, "b": 400.0, "n": 3}}
    unit = scales(want)["scores"]
    assert unit == pytest.approx(math.sqrt((300**2 + 400**2) / 2))
    off = lambda by: Reply({"scores": {"a": 300.0 + by * unit, "b": 400.0, "n": 3}})
    assert wrong(off(0.9e-3), want, 1e-3) == ("", "") and wrong(off(1.1e-3), want, 1e-3)[1] == "scores"
    assert distance(off(1e-3), off(0), want) == pytest.approx(1e-3, rel=1e-2)
    assert distance(Reply({"scores": {"a": 300.0, "b": 400.0, "n": 4}}), off(0), want) == math.inf
    assert scales({"n": [1, 2], "s": "text", "z": [0.0]}) == {"n": 1.0, "s": 1.0, "z": 1.0}
    assert scales({"x": [math.inf, 3.0]})["x"] == 3.0


def test_distance_is_infinite_where_anything_exact_differs():
    for got, want in [("a", "b"), ([1], [1, 2]), ({1}, {2}), (None, 0), (True, 1), ({"a": 1}, {"b": 1}), (NAN, 1.0)]:
        assert distance(Reply({"x": got}), Reply({"x": want}), {"x": want}) == math.inf
    assert distance(Reply({"x": torch.ones(1)}), Reply({"x": [1.0]}), {"x": [1.0]}) == math.inf


def test_shown_is_short_and_in_a_fixed_order():
    assert shown({"b", "a", "c"}) == "{'a', 'b', 'c'}" and shown(set()) == "set()" and shown((1,)) == "(1,)"
    assert shown({"a": 1 / 3, "b": [None, 2.0]}) == "{'a': 0.333333, 'b': [None, 2.0]}"
    assert shown([torch.ones(3, 4), torch.tensor([1, 2])]) == "[tensor of shape (3, 4), tensor([1, 2])]"
    for long in (list(range(10_000)), "x" * 10_000, {i: "y" * 50 for i in range(1000)}, [[["z" * 100] * 9] * 9] * 9):
        assert len(shown(long)) == 200 and shown(long).endswith("…")


# --- a whole exercise


def hops(graph, start, goal):
    """All nodes that can be reached, a shortest path, and how much each node is worth."""
    paths, waiting = {start: [start]}, [start]
    for node in waiting:
        for other in sorted(graph[node]):
            if other not in paths:
                paths[other] = [*paths[node], other]
                waiting.append(other)
    worth = {node: 1 / len(path) for node, path in paths.items()}
    return set(paths), paths.get(goal), worth


def backwards(graph, start, goal):
    found, path, worth = hops(graph, start, goal)
    return found, path and path[::-1], worth


def random_graph(generator):
    names = [f"n{i}" for i in range(6)]
    edges = torch.randint(0, 6, (9, 2), generator=generator).tolist()
    graph = {name: {names[j] for i, j in edges if names[i] == name} for name in names}
    return {"graph": graph, "start": "n0", "goal": names[-1]}


def probe_hops(answer, inputs):
    found, path, worth = answer(inputs["graph"], inputs["start"], inputs["goal"])
    return {"found": found, "path": path, "worth": worth}


def whole_exercise():
    chain = lambda generator: {"graph": {"a": {"b"}, "b": {"c"}, "c": set()}, "start": "a", "goal": "c"}
    cases = {"a chain": chain, "a graph": random_graph}
    return exercise(probe_hops, parameters=("graph", "start", "goal"), cases=cases)


def solved(task, answers):
    """Public cases as grading makes them, written to their file and read back."""
    inputs = {title: make(torch.Generator().manual_seed(3)) for title, make in task.cases.items()}
    cases = [
        Case(title, given, run(task, hops, given).outputs, {f.__name__: run(task, f, given) for f in answers})
        for title, given in inputs.items()
    ]
    known = [Misconception(f.__name__, "the path from its end", "Turn it round.") for f in answers]
    return parse(dump(PublicCases(tuple(cases), tuple(known))))


def card_of(answer, show=True):
    task = whole_exercise()
    known = solved(task, [backwards])
    replies = [read_reply(reply_bytes(task, answer, case.inputs)) for case in known.cases]
    return report(task, known.cases, known.misconceptions, replies, show=show)


def test_a_right_answer_passes_through_all_of_it():
    def other(graph, start, goal):
        found, path, worth = hops(graph, start, goal)
        return frozenset(found), path and tuple(path), types.MappingProxyType(worth).copy()

    assert card_of(hops).ok and card_of(other).ok


def test_a_misconception_is_recognised_by_its_values():
    assert card_of(backwards).misconception == "This equals the path from its end."
    assert card_of(backwards, show=False).misconception


def test_a_wrong_value_is_on_the_card_and_in_no_graded_one():
    def answer(graph, start, goal):
        found, path, worth = hops(graph, start, goal)
        return found - {start} | {"<b>"}, path, worth

    shown_card, secret = card_of(answer), card_of(answer, show=False)
    assert "`found` lacks the element `'a'`. It should not have the element `'<b>'`." in str(shown_card)
    page = shown_card._repr_html_()
    assert "<figcaption>yours</figcaption><pre>{&#x27;&lt;b&gt;&#x27;, &#x27;b&#x27;, &#x27;c&#x27;}</pre>" in page
    assert "<figcaption>expected</figcaption><pre>{&#x27;a&#x27;, &#x27;b&#x27;, &#x27;c&#x27;}</pre>" in page
    assert "<b>'" not in page and not shown_card.misconception
    assert "found is not right." in str(secret) and "<b>" not in str(secret)
    assert "<pre>" not in secret._repr_html_()


def test_a_list_for_a_set_is_told_by_its_kind():
    def answer(graph, start, goal):
        found, path, worth = hops(graph, start, goal)
        return sorted(found), path, worth

    assert card_of(answer).rows[0].why == "`found` is a list; expected a set."
