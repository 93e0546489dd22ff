"""The public cases: inputs, expected outputs, and the answer of every misconception, in one small file per exercise.

`python -m grading public-cases` writes the files from the private halves. Answers are stored as values, never as code.
"""

import functools
import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib import resources
from typing import NamedTuple

from .answer import Reply
from .exercise import Exercise, Lab, Tensors
from .values import load, save


@dataclass(frozen=True)
class Misconception:
    """A misconception that can be recognised: what such an answer equals, and what to try."""

    name: str
    says: str
    hint: str


@dataclass(frozen=True)
class Case:
    """One case. `misconceived` holds every misconception's reply to it.

    expected  in the order in which the probe names the outputs
    stages    what a right answer computes on its way at its first call: in words -> value
    follow    stage -> the later ones that are computed from it
    returns   what the reference returns at its first call, in words: "a tuple of 2: ..."
    """

    title: str
    inputs: Tensors
    expected: Tensors
    misconceived: Mapping[str, Reply]
    stages: Tensors = field(default_factory=dict)
    returns: str = ""
    follow: Mapping[str, Sequence[str]] = field(default_factory=dict)


class Link(NamedTuple):
    """An axis of an input and the axis of an output that goes with it; axes count from the end."""

    input: str
    axis: int
    output: str
    to: int


@dataclass(frozen=True)
class Traits:
    """What the reference's outputs depend on.

    uses      inputs whose change changes an output
    causal    what comes later along the input's axis changes nothing earlier along the output's
    separate  an entry along the input's axis changes no other entry along the output's: a batch, heads, channels
    """

    uses: tuple[str, ...] = ()
    causal: tuple[Link, ...] = ()
    separate: tuple[Link, ...] = ()


@dataclass(frozen=True)
class PublicCases:
    """The public cases of one exercise, and what it recognises.

    exchanged  two parameters -> the reference's replies to all cases with these arguments exchanged
    """

    cases: tuple[Case, ...]
    misconceptions: tuple[Misconception, ...]
    traits: Traits = Traits()
    exchanged: Mapping[tuple[str, str], tuple[Reply, ...]] = field(default_factory=dict)


def dump(public: PublicCases) -> bytes:
    """The file: values with an index that says what they are. Compressed, since most of it is names."""
    values, cases = {}, []
    for i, case in enumerate(public.cases):
        put = lambda what, xs, at=i: values.update({f"{at}/{what}/{k}": x for k, x in xs.items()})
        put("in", case.inputs)
        put("out", case.expected)
        put("stage", case.stages)
        for misconception, reply in case.misconceived.items():
            put(misconception, reply.outputs)
        for (a, b), replies in public.exchanged.items():
            put(f"{a}<>{b}", replies[i].outputs)
        replies = {m: [r.error, r.changed] for m, r in case.misconceived.items()}
        orders = {"outputs": list(case.expected), "stages": list(case.stages)}
        orders |= {"follow": dict(case.follow)} if case.follow else {}
        cases.append({"title": case.title, "misconceived": replies, "returns": case.returns} | orders)
    index = {
        "cases": cases,
        "misconceptions": [asdict(m) for m in public.misconceptions],
        "traits": asdict(public.traits),
        "exchanged": list(public.exchanged),
    }
    return gzip.compress(save(values, index=json.dumps(index, ensure_ascii=False)), mtime=0)


def parse(data: bytes) -> PublicCases:
    """What `dump` wrote."""
    values, texts = load(gzip.decompress(data))
    index = json.loads(texts["index"])

    def get(at: str, order: list[str] | None = None) -> Tensors:
        found = {key.removeprefix(at): x for key, x in values.items() if key.startswith(at)}
        return found if order is None else {name: found[name] for name in order}

    def case(i: int, about: dict) -> Case:
        misconceived = {
            m: Reply(get(f"{i}/{m}/"), tuple(changed), error) for m, (error, changed) in about["misconceived"].items()
        }
        expected, stages = get(f"{i}/out/", about["outputs"]), get(f"{i}/stage/", about["stages"])
        follow = about.get("follow", {})
        return Case(about["title"], get(f"{i}/in/"), expected, misconceived, stages, about["returns"], follow)

    cases = tuple(case(i, about) for i, about in enumerate(index["cases"]))
    links = {kind: tuple(Link(*link) for link in index["traits"][kind]) for kind in ("causal", "separate")}
    exchanged = {(a, b): tuple(Reply(get(f"{i}/{a}<>{b}/")) for i in range(len(cases))) for a, b in index["exchanged"]}
    return PublicCases(
        cases,
        tuple(Misconception(**m) for m in index["misconceptions"]),
        Traits(tuple(index["traits"]["uses"]), **links),
        exchanged,
    )


def file_name(exercise: Exercise) -> str:
    """Name of the exercise's file, in its lab's package: "linear_brackets.safetensors.gz"."""
    return exercise.module + ".safetensors.gz"


@functools.cache
def _load(package: str, file: str) -> PublicCases:
    return parse(resources.files(package).joinpath(file).read_bytes())


def public_cases(lab: Lab, exercise: str) -> PublicCases:
    """The public cases of an exercise."""
    return _load(lab.package, file_name(lab[exercise]))
