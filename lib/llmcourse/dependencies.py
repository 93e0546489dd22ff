"""What some code depends on: the modules that its imports lead to, the data next to them, and a hash of it all.

    name   of a module, as in an import: "llmcourse.recurrence.engine"
    homes  name of a package -> the folder that holds it; imports that lead out of these packages are not followed

Imports are read from the source with `ast`; nothing is imported. An import whose name is put together at run time goes
unnoticed: the caller has to add that name.
"""

import ast
import functools
import hashlib
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from importlib import metadata
from pathlib import Path

HOMES = {"llmcourse": Path(__file__).resolve().parent}
LIB = HOMES["llmcourse"].parent
WITH_DOCSTRING = (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
DATA = {".gz", ".csv", ".json", ".txt", ".nt", ".ttl", ".safetensors"}


@functools.lru_cache(maxsize=1024)
def imported(code: str, package: str = "") -> frozenset[str]:
    """Every name in the imports of `code` that may be a module; `package` is where relative imports start.

    `from a import b` gives "a" and "a.b": only a's folder can tell whether b is a module. Commands in a notebook (lines
    that start with `%` or `!`) are skipped. Raises SyntaxError if the rest is not Python.
    """
    try:
        tree = ast.parse(code)
    except SyntaxError:
        tree = ast.parse("\n".join(line for line in code.splitlines() if not line.lstrip().startswith(("%", "!"))))
    return frozenset(name for node in statements(tree) for name in _names(node, package) if name)


def statements(tree: ast.Module) -> Iterator[ast.AST]:
    """All statements of a module, without their expressions, which are most of a tree."""
    waiting = deque([tree])
    while waiting:
        node = waiting.popleft()
        yield node
        for part in ("body", "orelse", "finalbody", "handlers", "cases"):
            inner = getattr(node, part, None)  # of a lambda, an expression
            waiting.extend(inner if isinstance(inner, list) else ())


def sources(*names: str, homes: Mapping[str, Path] = HOMES, without: Iterable[str] = ()) -> set[Path]:
    """The files of these modules, of the packages around them, and of everything they import within `homes`.

    Names that are not modules there are skipped, so that `sources(*imported(code))` is what a notebook depends on.
    The walk does not enter the modules in `without`, which the caller knows to be irrelevant.
    """
    found: dict[str, Path] = {}
    wanted, passed = set(names), set(without)
    while wanted:
        name = wanted.pop()
        path = None if name in found or name in passed else module_file(name, homes)
        if path is not None:
            found[name] = path
            package = name if path.name == "__init__.py" else name.rpartition(".")[0]
            wanted |= imported(path.read_text(encoding="utf-8"), package)
        wanted |= set(packages(name)) - found.keys()
    return set(found.values())


def module_file(name: str, homes: Mapping[str, Path] = HOMES) -> Path | None:
    """The file of a module or package; None if `homes` has no such module."""
    home, *parts = name.split(".")
    if home not in homes:
        return None
    path = homes[home].joinpath(*parts)
    return next((p for p in (path / "__init__.py", path.with_suffix(".py")) if p.is_file()), None)


def data(files: Iterable[Path]) -> set[Path]:
    """The data files in the folders of these packages; modules other than an `__init__` are skipped.

    A data file named after a module next to it (heat.py, heat.csv.gz) belongs to that module alone.
    """
    files = set(files)
    folders = {file.parent for file in files if file.name == "__init__.py"}
    found = {path for folder in folders for path in folder.iterdir() if path.suffix in DATA and path.is_file()}
    owner = lambda path: path.parent / f"{path.name.partition('.')[0]}.py"
    return {path for path in found if owner(path) in files or not owner(path).exists()}


def fingerprint(
    files: Iterable[Path], packages: Iterable[str] = ("torch",), root: Path = LIB, more: Iterable[str] = ()
) -> str:
    """16 hexadecimal digits that change with a file's name under `root`, a file's meaning, a package's version, or
    any other text that the result depends on."""
    digest = hashlib.sha256("\0".join(more).encode())
    for package in sorted(set(packages)):
        digest.update(f"{package}=={version(package)}\0".encode())
    for path in sorted(set(files)):
        digest.update(f"{_under(path.resolve(), root.resolve())}\0{content(path)}\0".encode())
    return digest.hexdigest()[:16]


def _under(path: Path, root: Path) -> str:
    """The name of a file under `root`; of one that lies elsewhere, such as an instructor's, the end of its name."""
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else "/".join(path.parts[-3:])


def content(path: Path) -> str:
    """A hash of a file's content: for code, of its `meaning`; for anything else, of its bytes."""
    return _hash(path, path.stat().st_mtime_ns, path.stat().st_size)


@functools.lru_cache(maxsize=4096)
def _hash(path: Path, changed: int, size: int) -> str:
    data = path.read_bytes()
    return hashlib.sha256(meaning(data.decode("utf-8")).encode() if path.suffix == ".py" else data).hexdigest()


def meaning(code: str) -> str:
    """Code without comments, docstrings and formatting, as text that is the same under every Python from 3.11 on."""
    try:
        return _written(ast.parse(code))
    except SyntaxError:  # a cell with a command of IPython
        return code


def version(package: str) -> str:
    """The installed version, without "+cpu" and the like."""
    try:
        return metadata.version(package).partition("+")[0]
    except metadata.PackageNotFoundError:
        return "not installed"


def _written(node) -> str:
    """A syntax tree as text. Empty fields are left out, since versions of Python differ in which ones they have."""
    if isinstance(node, list):
        return f"[{','.join(map(_written, node))}]"
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = {name: value for name in node._fields if (value := getattr(node, name, None)) is not None and value != []}
    if isinstance(node, WITH_DOCSTRING):
        fields["body"] = node.body[ast.get_docstring(node, clean=False) is not None :]
    return f"{type(node).__name__}({','.join(f'{name}={_written(value)}' for name, value in fields.items())})"


def _names(node: ast.AST, package: str) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        parts = package.split(".")
        above = parts[: len(parts) + 1 - node.level] if node.level else []
        base = ".".join([*above, *filter(None, [node.module])])
        yield from (base, *(f"{base}.{alias.name}" for alias in node.names))


def packages(name: str) -> Iterator[str]:
    """The packages around a module, which Python imports first."""
    while "." in name:
        name = name.rpartition(".")[0]
        yield name
