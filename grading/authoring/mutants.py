"""Automatic mutants of an answer: one small change each, as a slip would make it.

The changes are defined in the tables below and in `_change`.
"""

import ast
import copy
from collections.abc import Iterator

OPERATORS = {  # of arithmetic, comparison and logic
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.Pow: ast.Mult,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.And: ast.Or,
    ast.Or: ast.And,
}
METHODS = {  # names after a dot
    "tril": "triu",
    "triu": "tril",
    "sum": "mean",
    "mean": "sum",
    "cumsum": "cumprod",
    "exp": "log1p",
    "sigmoid": "tanh",
    "logsigmoid": "softplus",
    "elu": "relu",
    "softmax": "log_softmax",
    "max": "min",
    "min": "max",
    "zeros_like": "ones_like",
    "mT": "real",  # a real tensor's real part is itself: the transposition is dropped
    "T": "real",
    "union": "intersection",
    "intersection": "union",
    "startswith": "endswith",
    "endswith": "startswith",
    "lower": "upper",
}
BUILTINS = {  # Python's own functions; those that `list` replaces lose their keywords, since it takes none
    "min": "max",
    "max": "min",
    "any": "all",
    "all": "any",
    "sum": "max",
    "sorted": "list",
    "set": "list",
}


def mutants(source: str) -> Iterator[tuple[str, str]]:
    """Every mutant of the function in `source`, as (what was changed, new source)."""
    tree = ast.parse(source)
    seen, docstrings = {ast.unparse(tree)}, [node.value for node in ast.walk(tree) if _is_docstring(node)]
    for i, original in enumerate(ast.walk(tree)):
        for variant in range(3):
            changed = copy.deepcopy(tree)
            node = list(ast.walk(changed))[i]
            before = ast.unparse(node) if hasattr(node, "lineno") else ""
            if original in docstrings or not _change(node, variant):
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
        case ast.BinOp(op=op) | ast.BoolOp(op=op) if type(op) in OPERATORS and variant == 0:
            node.op = OPERATORS[type(op)]()
        case ast.Compare(ops=[op, *rest]) if type(op) in OPERATORS and variant == 0:
            node.ops = [OPERATORS[type(op)](), *rest]
        case ast.BinOp() if variant in (1, 2):  # one side only
            keep = node.left if variant == 1 else node.right
            node.left, node.op, node.right = keep, ast.Mult(), ast.Constant(1)
        case ast.UnaryOp(op=ast.USub()) if variant == 0:
            node.op = ast.UAdd()
        case ast.UnaryOp(op=ast.Not()) if variant == 0:  # negating twice is the same as not at all
            node.operand = ast.UnaryOp(ast.Not(), node.operand)
        case ast.Constant(value=bool()) if variant == 0:
            node.value = not node.value
        case ast.Constant(value=int() | float()) if variant < 2:
            node.value = node.value + (1 if variant == 0 else -1)
        case ast.Constant(value=str(text)) if variant == 0:
            node.value = f"{text}x"
        case ast.Attribute(attr=name) if name in METHODS and variant == 0:
            node.attr = METHODS[name]
        case ast.Tuple(elts=[first, second, *rest]) if variant == 0:
            node.elts = [second, first, *rest]
        case ast.Call(keywords=[_, *_]) if variant == 0:
            node.keywords = node.keywords[1:]
        case ast.Call(func=ast.Name(id=name)) if name in BUILTINS and variant == 1:
            node.func.id = BUILTINS[name]
            node.keywords = [] if node.func.id == "list" else node.keywords
        case ast.Call(func=ast.Name(id="sorted") | ast.Attribute(attr="sort"), keywords=keywords) if variant == 2:
            if {"reverse", "descending"} & {keyword.arg for keyword in keywords}:  # its constant is a mutant of its own
                return False
            node.keywords = [*keywords, ast.keyword("reverse", ast.Constant(True))]
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


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
