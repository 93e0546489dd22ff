"""The visible cases: inputs, expected outputs, and what every known mistake answers, in one small file a lab.

`python -m grading visible` writes the file from the private halves. The answers are numbers in it, never code.
"""

import functools
import gzip
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib import resources

from .answer import Reply
from .exercise import Lab, Tensors
from .values import load, save


@dataclass(frozen=True)
class Mistake:
    """A mistake that is recognised: what the answer equals then, and what to try."""

    name: str
    says: str
    hint: str


@dataclass(frozen=True)
class Case:
    """One visible case: `mistaken` holds the reply of every mistake to it."""

    title: str
    inputs: Tensors
    expected: Tensors
    mistaken: Mapping[str, Reply]


@dataclass(frozen=True)
class Visible:
    """The visible cases of one exercise, and the mistakes it knows."""

    cases: tuple[Case, ...]
    mistakes: tuple[Mistake, ...]


def dump(exercises: dict[str, Visible]) -> bytes:
    """The file: values with an index of what they are, compressed, since names are most of it."""
    values, index = {}, {}
    for name, visible in exercises.items():
        cases = []
        for i, case in enumerate(visible.cases):
            put = lambda what, xs, at=f"{name}/{i}": values.update({f"{at}/{what}/{k}": x for k, x in xs.items()})
            put("in", case.inputs)
            put("out", case.expected)
            for mistake, reply in case.mistaken.items():
                put(mistake, reply.outputs)
            said = {m: [r.error, r.changed] for m, r in case.mistaken.items()}
            cases.append({"title": case.title, "mistaken": said})
        index[name] = {"cases": cases, "mistakes": [asdict(m) for m in visible.mistakes]}
    return gzip.compress(save(values, index=json.dumps(index, ensure_ascii=False)), mtime=0)


def parse(data: bytes) -> dict[str, Visible]:
    """What `dump` wrote."""
    values, texts = load(gzip.decompress(data))
    index = json.loads(texts["index"])

    def get(at: str) -> Tensors:
        return {key.removeprefix(at): x for key, x in values.items() if key.startswith(at)}

    def case(at: str, said: dict) -> Case:
        mistaken = {
            m: Reply(get(f"{at}/{m}/"), tuple(changed), error) for m, (error, changed) in said["mistaken"].items()
        }
        return Case(said["title"], get(f"{at}/in/"), get(f"{at}/out/"), mistaken)

    return {
        name: Visible(
            tuple(case(f"{name}/{i}", said) for i, said in enumerate(entry["cases"])),
            tuple(Mistake(**m) for m in entry["mistakes"]),
        )
        for name, entry in index.items()
    }


def file_name(lab: Lab) -> str:
    """Name of the lab's file beside this module: "linear_attention.safetensors.gz"."""
    return lab.slug.partition("_")[2] + ".safetensors.gz"


@functools.cache
def _load(name: str) -> dict[str, Visible]:
    return parse(resources.files(__package__).joinpath(name).read_bytes())


def visible(lab: Lab, exercise: str) -> Visible:
    """The visible cases of an exercise."""
    return _load(file_name(lab))[exercise]
