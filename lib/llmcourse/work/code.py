"""What the code of a cell defines and uses, read without running it. It is a student's, so it may be anything."""

import ast
import functools
import re
import symtable
import warnings
from collections.abc import Iterator

Function = ast.FunctionDef | ast.AsyncFunctionDef
NESTED = (*Function.__args__, ast.ClassDef, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
VALUES = (ast.Lambda, ast.Name, ast.Attribute, ast.Call)  # `answer = 3` is no answer
COMMAND = re.compile(r"^(\s*)[%!].*", re.MULTILINE)  # of IPython


@functools.lru_cache(maxsize=1024)
def parse(code: str) -> ast.Module | None:
    """The syntax tree of a cell without its commands of IPython; None if that is not Python."""
    for text in (code, COMMAND.sub(r"\1pass", code)):
        try:
            with warnings.catch_warnings(action="ignore"):
                return ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
    return None


def definition(code: str, name: str) -> str:
    """The part of a cell that gives `name` its last value; "" if none does, or if that is a stub.

    A cell that is not Python counts whole if a line of it begins to define the name: its author has to be told.
    """
    tree = parse(code) if name in code else ast.Module([], [])
    if tree is None:
        begins = rf"^(?:(?:async +)?def|class) +{re.escape(name)}\b|^{re.escape(name)} *=[^=]"
        return code if re.search(begins, code, re.MULTILINE) else ""
    last = next((node for node in reversed([*_top(tree)]) if name in _gives(node)), None)
    if last is None or _is_stub(last):
        return ""
    first, end = _lines(last)
    return "\n".join(code.splitlines()[first:end])


def without_stub(code: str, name: str, instead: str) -> str:
    """A cell with a line `instead` of each stub of that name."""
    tree, lines = parse(code), code.splitlines()
    for node in reversed(tree.body if tree else []):
        if name in _gives(node) and _is_stub(node):
            first, end = _lines(node)
            lines[first:end] = [instead]
    return "\n".join(lines)


def binds(code: str) -> set[str]:
    """The names that a cell defines, "*" among them if it imports all names of a module."""
    tree = parse(code)
    return {name for node in _top(tree) for name in (*_gives(node), *_stores(node))} if tree else set()


def needs(code: str) -> set[str]:
    """The names that a cell looks up, also in its functions, and does not define itself."""
    try:
        scopes = [symtable.symtable(COMMAND.sub(r"\1pass", code), "cell", "exec")]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    found = {symbol.get_name() for symbol in scopes[0].get_symbols() if symbol.is_referenced()}
    while scopes:
        scope = scopes.pop()
        scopes += scope.get_children()
        found |= {symbol.get_name() for symbol in scope.get_symbols() if symbol.is_global()}
    return found - binds(code)


def _top(tree: ast.Module) -> Iterator[ast.AST]:
    """Everything that runs when the cell does, in order; functions and classes are not entered."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, NESTED):
            waiting += reversed([*ast.iter_child_nodes(node)])


def _lines(node: ast.AST) -> tuple[int, int]:
    """Where a statement begins, with its decorators, and where it ends."""
    return min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", []))]) - 1, node.end_lineno


def _gives(node: ast.AST) -> list[str]:
    """The names to which a statement gives something that can be called."""
    if isinstance(node, Function | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [(alias.asname or alias.name).partition(".")[0] for alias in node.names]
    if isinstance(node, ast.Assign) and isinstance(node.value, VALUES):
        return [target.id for target in node.targets if isinstance(target, ast.Name)]
    return []


def _stores(node: ast.AST) -> list[str]:
    return [node.id] if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) else []


def _is_stub(node: ast.AST) -> bool:
    """Whether a function, or each method of a class, raises NotImplementedError before it returns anything."""
    if isinstance(node, ast.ClassDef):
        methods = [part for part in node.body if isinstance(part, Function)]
        return bool(methods) and all(map(_is_stub, methods))
    if not isinstance(node, Function):
        return False
    body = node.body[ast.get_docstring(node, clean=False) is not None :]
    if all(isinstance(part, ast.Pass) or _is_ellipsis(part) for part in body):
        return True
    for part in body:
        if isinstance(part, ast.Raise):
            return any(isinstance(n, ast.Name) and n.id == "NotImplementedError" for n in ast.walk(part))
        if any(isinstance(n, ast.Return | ast.Yield | ast.YieldFrom) for n in ast.walk(part)):
            return False
    return False


def _is_ellipsis(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and node.value.value is ...
