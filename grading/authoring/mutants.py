"""Automatic mutants of an answer: one small change each, as a slip of the pen would make it."""

import ast
import copy
from collections.abc import Iterator

SWAPS = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Pow: ast.Mult}
NAMES = {"tril": "triu", "triu": "tril", "sum": "mean", "mean": "sum", "cumsum": "cumprod", "exp": "log1p"}
NAMES |= {
    "sigmoid": "tanh",
    "logsigmoid": "softplus",
    "elu": "relu",
    "softmax": "log_softmax",
    "max": "min",
    "min": "max",
    "zeros_like": "ones_like",
}


def mutants(source: str) -> Iterator[tuple[str, str]]:
    """Every mutant of the function in `source`, as (what was changed, new source)."""
    tree = ast.parse(source)
    seen = {ast.unparse(tree)}
    for i, _ in enumerate(ast.walk(tree)):
        for variant in range(3):
            changed = copy.deepcopy(tree)
            node = list(ast.walk(changed))[i]
            before = ast.unparse(node) if hasattr(node, "lineno") else ""
            if not _change(node, variant):
                continue
            try:
                new = ast.unparse(ast.fix_missing_locations(changed))
            except Exception:
                continue
            if new not in seen:
                seen.add(new)
                yield f"{before} -> {ast.unparse(node)}", new
    yield from _dropped_statements(tree, seen)


def _change(node: ast.AST, variant: int) -> bool:
    """Change the node in place; False where this variant does not apply."""
    match node:
        case ast.BinOp(op=op) if type(op) in SWAPS and variant == 0:
            node.op = SWAPS[type(op)]()
        case ast.BinOp() if variant in (1, 2):  # one side alone
            keep = node.left if variant == 1 else node.right
            node.left, node.op, node.right = keep, ast.Mult(), ast.Constant(1)
        case ast.UnaryOp(op=ast.USub()) if variant == 0:
            node.op = ast.UAdd()
        case ast.Constant(value=bool()) if variant == 0:
            node.value = not node.value
        case ast.Constant(value=int() | float()) if variant < 2:
            node.value = node.value + (1 if variant == 0 else -1)
        case ast.Attribute(attr=name) if name in NAMES and variant == 0:
            node.attr = NAMES[name]
        case ast.Attribute(attr="mT" | "T") if variant == 0:
            node.attr = "real"  # a real tensor's real part is itself: the transposition is dropped
        case ast.Tuple(elts=[first, second, *rest]) if variant == 0:
            node.elts = [second, first, *rest]
        case ast.Call(keywords=[_, *_]) if variant == 0:
            node.keywords = node.keywords[1:]
        case _:
            return False
    return True


def _dropped_statements(tree: ast.Module, seen: set[str]) -> Iterator[tuple[str, str]]:
    """The function without one of its statements."""
    for i, node in enumerate(ast.walk(tree)):
        for j, statement in enumerate(getattr(node, "body", []) if isinstance(node, ast.FunctionDef | ast.For) else []):
            if isinstance(statement, ast.Return) or _is_docstring(statement):
                continue
            changed = copy.deepcopy(tree)
            body = list(ast.walk(changed))[i].body
            body[j] = ast.Pass()
            new = ast.unparse(ast.fix_missing_locations(changed))
            if new not in seen:
                seen.add(new)
                yield f"without `{ast.unparse(statement).splitlines()[0]}`", new


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
