"""Running an answer on the inputs of one case, and nothing else: no expected value is known here.

The same code runs at home, in the mutation test, and in the student's process during grading. There, bytes come in
and bytes go out (checks.values: they hold tensors and text, never code).
"""

import base64
import builtins
import contextlib
import functools
import inspect
import itertools
import json
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor

from . import forked
from .exercise import Exercise
from .imports import refused
from .values import TooLarge, Value, Values, kind, load, on_tensors, plain, save, tensors_in

CONTAINERS = list | dict | set
LARGEST = 8_000_000  # characters of a reply to one case
KINDS = {name for name, x in vars(builtins).items() if isinstance(x, type) and issubclass(x, BaseException)}
KINDS |= {"_LinAlgError", "OutOfMemoryError"}  # torch's own
OVERWRITTEN = (
    "A gradient must flow through your answer, and it needs a tensor that the code has changed in place since: write "
    "`S = S + x` instead of `S += x`, and build results with torch.stack instead of writing into slices."
)
OUTSIDE = {  # kind of error -> what is said of it where the reply came from another process
    "stub": "It still raises NotImplementedError.",
    "misfit": "It can't be called with the exercise's arguments: compare its first line with the stub's.",
    "foreign": "It uses a package that this lab's answers may not use: `check` names it. Write it out.",
    "returned": "It returns something of another kind than the task asks for.",
    "overwritten": OVERWRITTEN,
    "TooLarge": "It returns far more than expected: look at the shapes of what it returns.",
}


class Overwritten(Exception):
    """A gradient needs a tensor that has been changed in place since."""


@dataclass(frozen=True)
class Reply:
    """What came back from one case.

    outputs  name -> value; a gradient is called "gradient of NAME"
    changed  inputs that the answer changed in place
    error    kind of exception; "" if none was raised
    message  the exception in one sentence, with the student's line
    line     the line of the answer's cell that raised it; 0 if none did
    """

    outputs: Values = field(default_factory=dict)
    changed: tuple[str, ...] = ()
    error: str = ""
    message: str = ""
    line: int = 0

    def __bool__(self):
        return not self.error


def run(exercise: Exercise, answer: Callable, inputs: Values) -> Reply:
    """Run `answer` on copies of the inputs. Whatever it raises is part of the reply."""
    leaves = {name: on_tensors(_copy, x) for name, x in inputs.items()}
    for name in exercise.gradients:
        leaves[name].requires_grad_()
    given = {name: on_tensors(_given, x) for name, x in leaves.items()}
    results: list = []
    inside: set[str] = set()
    try:
        _seed()
        found = exercise.probe(_watched(exercise, answer, results, inside), given)
        results.clear()
        outputs = {name: plain(name, x) for name, x in found.items()}
        changed = tuple(sorted(_changed(given, leaves) or inside))
        if not changed:  # the gradient at an input that has been overwritten means nothing
            outputs |= _gradients(outputs, {name: leaves[name] for name in exercise.gradients})
    except Exception as error:
        if isinstance(error, NotImplementedError) and not str(error):  # the stub's; torch's own name what is missing
            return Reply(error="stub", message="It still raises NotImplementedError.")
        if isinstance(error, Overwritten):
            return Reply(error="overwritten", message=OVERWRITTEN)
        if results:  # the answer has returned, and its result does not fit
            return Reply(error="returned", message=f"`{exercise.answer}` returns {returned(results[-1])}.")
        message, line = _explain(error, answer)
        return Reply(error=type(error).__name__, message=message, line=line)
    return Reply({name: on_tensors(Tensor.detach, x) for name, x in outputs.items()}, changed)


def _watched(exercise: Exercise, answer: Callable, results: list, inside: set[str]) -> Callable:
    """The answer, leaving in `results` what its last call returned; empty while it runs.

    `inside` collects the parameters whose lists, dicts and sets a call changes in place: a probe may make these itself,
    and then no input shows it. (A tensor that a probe makes is often a state, which may be overwritten.)
    """

    @functools.wraps(answer)
    def call(*arguments, **named):
        results.clear()
        given = {n: x for n, x in (*zip(exercise.parameters, arguments), *named.items()) if isinstance(x, CONTAINERS)}
        before = {name: on_tensors(_copy, x) for name, x in given.items()}
        result = answer(*arguments, **named)
        inside.update(_changed(given, before))
        results.append(result)
        return result

    return call if inspect.isfunction(answer) else answer


def at_first(answer: Callable, first: Callable) -> Callable:
    """The answer, whose first call is left to `first`."""
    calls = itertools.count()
    return lambda *arguments: (answer if next(calls) else first)(*arguments)


def returned(x) -> str:
    """What an answer returned, in words: its kind, and its shape, its entries or its keys."""
    match x:
        case Tensor():
            return f"a tensor of shape {tuple(x.shape)}"
        case tuple() if x and len(x) <= 4 and type(x) is tuple:
            return f"a tuple of {len(x)}: {', '.join(map(returned, x))}"
        case list() | tuple():
            return f"{kind(x)} of length {len(x)}"
        case dict():
            return f"a dict with the keys {', '.join(map(str, list(x)[:8]))}"
    return kind(x)


def _copy(x: Tensor) -> Tensor:
    return x.detach().clone()


def _given(x: Tensor) -> Tensor:
    """A copy for the answer. Not a leaf, since a leaf that requires a gradient can't be written to."""
    return x * 1 if x.requires_grad else x.clone()


def _seed() -> None:
    """torch.manual_seed(0), for the devices in use only: torch's own takes a millisecond, to remember its caller."""
    torch.default_generator.manual_seed(0)
    if torch.cuda.is_initialized():
        torch.cuda.manual_seed_all(0)


def _changed(now: Values, before: Values) -> set[str]:
    """The names whose values are no longer what they were."""
    return {name for name, x in now.items() if not _same(x, before[name])}


def _same(a: Value, b: Value) -> bool:
    """Whether `a` still equals `b`. `a` may have become anything."""
    match b:
        case Tensor():
            return isinstance(a, Tensor) and _same_tensors(a, b)
        case list() | tuple():
            return type(a) is type(b) and len(a) == len(b) and all(map(_same, a, b))
        case dict():
            return type(a) is dict and list(a) == list(b) and all(map(_same, a.values(), b.values()))
    return type(a) is type(b) and (a == b or a != a)  # nan is not equal to itself


def _same_tensors(a: Tensor, b: Tensor) -> bool:
    return a.shape == b.shape and torch.equal(torch.nan_to_num(a.detach()), torch.nan_to_num(b.detach()))


def _gradients(outputs: Values, leaves: Values) -> Values:
    """Gradients of one fixed mixture of all outputs. An input that no output depends on is left out."""
    live = [x for output in outputs.values() for x in tensors_in(output) if x.requires_grad and not x.is_complex()]
    if not live or not leaves:
        return {}
    weights = [torch.cos(torch.arange(x.numel(), dtype=x.real.dtype)).view(x.shape) for x in live]
    loss = sum((x * w).sum().real for x, w in zip(live, weights))
    try:
        gradients = torch.autograd.grad(loss, list(leaves.values()), allow_unused=True)
    except RuntimeError as error:
        if "modified by an inplace operation" in str(error):
            raise Overwritten from error
        raise
    return {f"gradient of {name}": g for name, g in zip(leaves, gradients) if g is not None}


def _explain(error: Exception, answer: Callable) -> tuple[str, int]:
    """The exception in one sentence, with the line of the answer it came from, and the number of that line or 0."""
    text = f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error).strip() else 'no message'}"
    file = getattr(getattr(answer, "__code__", None), "co_filename", None)
    lines = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    if not lines or not lines[-1].line:
        return text, 0
    return f"Line {lines[-1].lineno}, `{lines[-1].line}`, raised {text}", lines[-1].lineno


def fits(exercise: Exercise, answer: Callable) -> str:
    """Why `answer` can't be called as the exercise calls it: one sentence, or "" if it can."""
    if inspect.ismodule(answer):
        call = f'check("{exercise.name}", {exercise.answer})'
        return f"You passed the module `{answer.__name__}`; pass the function: `{call}`."
    if not callable(answer):
        kind = type(answer).__name__
        return f"You passed a value of type {kind}; pass the function itself, without calling it: `{exercise.answer}`."
    try:
        signature = inspect.signature(answer)
        signature.bind(*exercise.parameters)
    except ValueError:  # a builtin has no signature to look at
        return ""
    except TypeError:
        own = f"{getattr(answer, '__name__', 'answer')}{signature}"
        return f"The check calls `{exercise.call}`; your function is `{own}`."
    return ""


def reply_bytes(exercise: Exercise, answer: Callable, inputs: Values, foreign: str = "") -> bytes:
    """The reply of `run`, as bytes for another process. `foreign`: a package that the answer may not use, and does."""
    wrong = fits(exercise, answer)
    error = "misfit" if wrong else "foreign" if foreign else ""
    reply = Reply(error=error, message=wrong or foreign) if error else run(exercise, answer, inputs)
    try:
        return _bytes(reply)
    except TooLarge as error:
        return _bytes(Reply(error="TooLarge", message=str(error)))


def _bytes(reply: Reply) -> bytes:
    texts = {"changed": json.dumps(reply.changed), "error": reply.error, "line": str(reply.line)}
    return save(reply.outputs, **texts)


def reply_text(name: str, answer: Callable, inputs: str) -> str:
    """`reply_bytes` for a kernel, with base64 in both directions."""
    from .registry import find

    lab, exercise = find(name)
    foreign = "".join(refused(lab, answer)[:1])
    return base64.b64encode(reply_bytes(exercise, answer, load(base64.b64decode(inputs))[0], foreign)).decode()


def tell(mime: str, name: str, answer: Callable, inputs: dict[str, str]) -> None:
    """Display the `reply_text` of every case as soon as it is ready: "KEY TEXT" under `mime`.

    The answer runs in a copy of this process: what it keeps of the inputs is there for the next case, and then gone.
    """
    from IPython.display import display

    with contextlib.closing(forked.lines(lambda: _texts(name, answer, inputs))) as told:
        for line in itertools.islice(told, len(inputs)):
            display({mime: line}, raw=True)


def _texts(name: str, answer: Callable, inputs: dict[str, str]) -> Iterator[str]:
    for key, text in inputs.items():
        reply = reply_text(name, answer, text)
        if len(reply) > LARGEST:  # it would be thrown away unread, and the student would not learn why
            reply = base64.b64encode(_bytes(Reply(error="TooLarge"))).decode()
        yield f"{key} {reply}"


def read_reply(data: bytes) -> Reply:
    """The reply in `data`, which comes from an untrusted process. Raises ValueError if it is not a reply.

    Its message is ours, and not that of the exception, which may contain the inputs of a private case.
    """
    try:
        outputs, texts = load(data)
        changed, error, line = json.loads(texts["changed"]), texts["error"], int(texts.get("line", 0))
        return Reply(outputs, tuple(map(str, changed)), error, outside(error, line) if error else "", line)
    except Exception as error:
        raise ValueError(f"no readable reply ({type(error).__name__})") from error


def outside(error: str, line: int = 0) -> str:
    """A sentence on an exception of that kind, raised in another process. It repeats nothing that was said there."""
    if error in OUTSIDE:
        return OUTSIDE[error]
    kind = error.lstrip("_") if error in KINDS else "an exception of its own kind"
    where = f"Line {line} of its cell" if 0 < line < 1000 else "Calling it, or reading what it returns,"
    return f"{where} raises {kind}."
