"""What the sandbox runs: programs that edit programs. Standard library only, and nothing of this course.

    source    the text of a Python function          task     what a program must do, with data: a dictionary
    utility   source -> value in [0, 1]               propose  (source, count) -> source with `count` random edits
    improver  the text of improve(program, utility, propose) -> program

The request comes on standard input, the answer goes to standard output, both JSON: see `answer`.

The proposals take the place of the paper's language model. They are one hand-written distribution over small edits of a
syntax tree: it knows the grammar of Python and which names there are, and nothing else.
"""

import ast
import json
import random
import resource
import signal
import sys

BUILT_INS = {"range": range, "len": len, "abs": abs, "min": min, "max": max, "sum": sum, "sorted": sorted, "list": list}
ALLOWED = (
    ast.Module, ast.FunctionDef, ast.arguments, ast.arg, ast.Return, ast.Assign, ast.AugAssign, ast.For, ast.While,
    ast.If, ast.IfExp, ast.Expr, ast.Name, ast.Load, ast.Store, ast.Constant, ast.BinOp, ast.operator, ast.UnaryOp,
    ast.unaryop, ast.BoolOp, ast.boolop, ast.Compare, ast.cmpop, ast.Call, ast.List, ast.Tuple, ast.Subscript, ast.Pass,
)  # fmt: skip
REFUSED = (ast.Pow, ast.LShift)  # numbers that grow without bound
SECONDS = 2.0  # of processor time for one program


class Stopped(BaseException):
    """A program's time or budget has run out. Not an Exception, so that no program can catch it."""


# ------------------------------------------------------------------ reading and running a program


def refuse(source: str) -> None:
    """Raises ValueError for a text with anything beyond plain calculation: imports, attributes, hidden names, try."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ALLOWED) or isinstance(node, REFUSED):
            raise ValueError(f"{type(node).__name__} is not allowed in a generated program")
        name = getattr(node, "id", None) or getattr(node, "name", None) or getattr(node, "arg", None)
        if isinstance(name, str) and name.startswith("_"):
            raise ValueError(f"the name {name} is not allowed in a generated program")


def compiled(source: str):
    """The one function that a text defines."""
    refuse(source)
    scope = {"__builtins__": BUILT_INS}
    exec(compile(source, "<generated>", "exec"), scope)
    return next(value for name, value in scope.items() if name != "__builtins__")


def timed(function, *arguments):
    """The function's result; Stopped after SECONDS of processor time."""
    before = signal.signal(signal.SIGVTALRM, _stop)
    left, _ = signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    try:
        return function(*arguments)
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, left)  # there is one timer, and calls are nested
        signal.signal(signal.SIGVTALRM, before)


def _stop(*_):
    raise Stopped("its time ran out")


# ------------------------------------------------------------------ proposals


def propose(source: str, count: int, rng: random.Random) -> str:
    """The text after `count` random edits (1 to 8), each of a kind that is drawn first."""
    tree = ast.parse(source)
    for _ in range(max(1, min(8, int(count)))):
        places = sites(tree)
        kind = rng.choice(sorted(kind for kind, found in places.items() if found))
        EDITS[kind](tree, rng.choice(places[kind]), rng)
    return ast.unparse(ast.fix_missing_locations(tree))


def sites(tree: ast.AST) -> dict:
    """Where each kind of edit can be made."""
    nodes = list(ast.walk(tree))
    called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
    loads = [node for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)]
    return {
        "constant": [node for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, int)],
        "name": [node for node in loads if id(node) not in called],
        "comparison": [node for node in nodes if isinstance(node, ast.Compare)],
        "operator": [node for node in nodes if isinstance(node, ast.BinOp)],
        "growth": [node for node in nodes if isinstance(node, ast.Return) and _numeric(node.value)],
    }


def _numeric(node) -> bool:
    return isinstance(node, ast.BinOp | ast.Constant) or (isinstance(node, ast.Name) and node.id == "x")


def _constant(tree, node, rng):
    node.value = rng.choice([v for v in (node.value + 1, node.value - 1, 2 * node.value, 0, 1) if v != node.value])


def _name(tree, node, rng):
    nodes = list(ast.walk(tree))
    known = {n.arg for n in nodes if isinstance(n, ast.arg)}
    known |= {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    node.id = rng.choice(sorted(known - {node.id}) or [node.id])


def _comparison(tree, node, rng):
    node.ops = [rng.choice([op for op in (ast.Gt, ast.GtE, ast.Lt, ast.LtE) if not isinstance(node.ops[0], op)])()]


def _operator(tree, node, rng):
    node.op = rng.choice([op for op in (ast.Add, ast.Sub, ast.Mult) if not isinstance(node.op, op)])()


def _growth(tree, node, rng):
    leaf = rng.choice([ast.Name("x", ast.Load()), ast.Constant(rng.randint(1, 5))])
    node.value = ast.BinOp(node.value, rng.choice([ast.Add, ast.Sub, ast.Mult])(), leaf)


EDITS = {"constant": _constant, "name": _name, "comparison": _comparison, "operator": _operator, "growth": _growth}


# ------------------------------------------------------------------ tasks


def cut(task, solve):
    """Share of the best cut: a side, 0 or 1, for each vertex."""
    side = [int(s) % 2 for s in solve()][: task["n"]]
    side += [0] * (task["n"] - len(side))
    return sum(w for a, b, w in task["edges"] if side[a] != side[b]) / task["best"]


def clauses(task, solve):
    """Share of the clauses that are true: a truth value for each variable; a clause is three (variable, wanted)."""
    truth = [int(s) % 2 for s in solve()][: task["n"]]
    truth += [0] * (task["n"] - len(truth))
    return sum(any(truth[v] == wanted for v, wanted in clause) for clause in task["clauses"]) / len(task["clauses"])


def partition(task, solve):
    """How even two heaps of stones are: 1 - difference / sum."""
    side = [int(s) % 2 for s in solve()][: len(task["stones"])]
    side += [0] * (len(task["stones"]) - len(side))
    return 1 - abs(sum(w if s else -w for s, w in zip(side, task["stones"]))) / sum(task["stones"])


def fit(task, solve):
    """How close a formula in x is to given values: 1 / (1 + mean distance)."""
    off = sum(abs(solve(x) - y) for x, y in zip(task["x"], task["y"])) / len(task["x"])
    return 1 / (1 + off)


KINDS = {"cut": cut, "clauses": clauses, "partition": partition, "fit": fit}


def utility(task: dict, source: str) -> float:
    """What a program is worth; 0 when it fails in any way."""
    try:
        return float(timed(KINDS[task["kind"]], task, compiled(source)))
    except Stopped:
        return 0.0
    except Exception:
        return 0.0


# ------------------------------------------------------------------ improvers


def improved(improver: str, program: str, worth, budget: int, rng: random.Random) -> str:
    """The program that an improver returns. It may ask for `worth` `budget` times; then everything is worth nothing.

    Raises Stopped, and whatever the improver raises.
    """
    asked = {"utility": 0, "propose": 0}

    def count(what):
        asked[what] += 1
        if asked[what] > 8 * budget:
            raise Stopped("it asked far too often")
        return asked[what] <= budget

    def limited(source):
        return worth(source) if count("utility") else 0.0

    def edit(source, edits):
        count("propose")
        return propose(source, edits, rng)

    result = compiled(improver)(program, limited, edit)
    if not isinstance(result, str):
        raise ValueError("An improver must return a text.")
    return result


def attempt(improver: str, task: dict, budget: int, seed: int) -> dict:
    """{"value", "why"}: what the program is worth that an improver makes of a task's first program; if it is stopped
    or fails, that is worth nothing, and `why` says what happened."""
    try:
        worth = lambda source: utility(task, source)
        program = timed(improved, improver, task["program"], worth, budget, random.Random(seed))
        return {"value": utility(task, program), "why": ""}
    except Stopped as reason:
        return {"value": 0.0, "why": f"stopped: {reason}"}
    except Exception as error:
        return {"value": 0.0, "why": f"{type(error).__name__}: {error}".rstrip(": ")}


def meta_utility(improver: str, tasks: list, budget: int, seed: int) -> float:
    """Mean worth, over the tasks, of what the improver makes of each task's first program; 0 for one that fails."""
    values = [attempt(improver, task, budget, 1000 * seed + number)["value"] for number, task in enumerate(tasks)]
    return sum(values) / len(values)


def answer(request: dict) -> dict:
    """do = "attempt": an improver on the first task, as `attempt` says. do = "meta": {"value"} of an improver.
    do = "round": {"source"}, what `by` makes of `improver`, whose utility is its meta-utility; "tried" lists the values
    of what it tried."""
    tasks, budget, seed = request["tasks"], request["budget"], request["seed"]
    if request["do"] == "attempt":
        return attempt(request["improver"], tasks[0], budget, seed)
    if request["do"] == "meta":
        return {"value": meta_utility(request["improver"], tasks, budget, seed)}
    tried = []

    def worth(source):
        value = meta_utility(source, tasks, budget, seed + len(tried))  # fresh draws each time: no luck twice
        tried.append(value)
        return value

    rng = random.Random(seed)
    try:
        source = improved(request["by"], request["improver"], worth, request["meta_budget"], rng)
        refuse(source)
    except (Exception, Stopped):
        source = request["improver"]
    return {"source": source, "tried": tried}


def limit(seconds: float, megabytes: int) -> None:
    """From here on, only this much processor time and memory, no file to write to, and no new file descriptor."""
    size = megabytes * 2**20
    wanted = {
        "RLIMIT_CPU": int(seconds) + 1,
        "RLIMIT_AS": size,
        "RLIMIT_FSIZE": 0,
        "RLIMIT_CORE": 0,
        "RLIMIT_NOFILE": 3,
    }
    for name, value in wanted.items():
        try:
            resource.setrlimit(getattr(resource, name), (value, value))
        except (ValueError, OSError):  # macOS has no limit on the address space
            if name != "RLIMIT_AS":
                raise


def main() -> None:
    request = json.load(sys.stdin)
    sys.setrecursionlimit(2000)
    limit(request["seconds"], request["megabytes"])
    sys.stdout.write(json.dumps(answer(request)))  # a pipe is not a file, so FSIZE does not apply


if __name__ == "__main__":
    main()
