"""The public cases: inputs, expected outputs, and the answer of every misconception, in one small file per exercise.

`python -m grading visible` writes the files from the private halves. Answers are stored as values, never as code.
"""

import functools
import gzip
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib import resources

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
    """One case. `misconceived` holds every misconception's reply to it."""

    title: str
    inputs: Tensors
    expected: Tensors
    misconceived: Mapping[str, Reply]


@dataclass(frozen=True)
class PublicCases:
    """The public cases of one exercise, and the misconceptions that it recognises."""

    cases: tuple[Case, ...]
    misconceptions: tuple[Misconception, ...]


def dump(exercises: dict[str, PublicCases]) -> bytes:
    """The file: values with an index that says what they are. Compressed, since most of it is names."""
    values, index = {}, {}
    for name, public in exercises.items():
        cases = []
        for i, case in enumerate(public.cases):
            put = lambda what, xs, at=f"{name}/{i}": values.update({f"{at}/{what}/{k}": x for k, x in xs.items()})
            put("in", case.inputs)
            put("out", case.expected)
            for misconception, reply in case.misconceived.items():
                put(misconception, reply.outputs)
            replies = {m: [r.error, r.changed] for m, r in case.misconceived.items()}
            cases.append({"title": case.title, "misconceived": replies})
        index[name] = {"cases": cases, "misconceptions": [asdict(m) for m in public.misconceptions]}
    return gzip.compress(save(values, index=json.dumps(index, ensure_ascii=False)), mtime=0)


def parse(data: bytes) -> dict[str, PublicCases]:
    """What `dump` wrote."""
    values, texts = load(gzip.decompress(data))
    index = json.loads(texts["index"])

    def get(at: str) -> Tensors:
        return {key.removeprefix(at): x for key, x in values.items() if key.startswith(at)}

    def case(at: str, about: dict) -> Case:
        misconceived = {
            m: Reply(get(f"{at}/{m}/"), tuple(changed), error) for m, (error, changed) in about["misconceived"].items()
        }
        return Case(about["title"], get(f"{at}/in/"), get(f"{at}/out/"), misconceived)

    return {
        name: PublicCases(
            tuple(case(f"{name}/{i}", about) for i, about in enumerate(entry["cases"])),
            tuple(Misconception(**m) for m in entry["misconceptions"]),
        )
        for name, entry in index.items()
    }


def file_name(exercise: Exercise) -> str:
    """Name of the exercise's file, in its lab's package: "linear_brackets.safetensors.gz"."""
    return exercise.module + ".safetensors.gz"


@functools.cache
def _load(package: str, file: str) -> dict[str, PublicCases]:
    return parse(resources.files(package).joinpath(file).read_bytes())


def public_cases(lab: Lab, exercise: str) -> PublicCases:
    """The public cases of an exercise."""
    return _load(lab.package, file_name(lab[exercise]))[exercise]
