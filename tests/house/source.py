"""The project's own source, parsed once for the tests that read it."""

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from scripts.arrows import NOT_CONCEPTS, ROOMS

ROOT = Path(__file__).parent.parent.parent
MADE_BY_RUNNING = {".venv", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", "__pycache__", "uv.lock"}


@dataclass(frozen=True)
class Source:
    """One Python file; `path` is relative to the root of the project."""

    path: str
    text: str

    @property
    def tree(self) -> ast.Module:
        return _parsed(self)

    @property
    def name(self) -> str:
        """`lifecycle` of `domain/orders/lifecycle.py`."""
        return Path(self.path).stem

    @property
    def room(self) -> str:
        return self.path.partition("/")[0]

    @property
    def concept(self) -> str | None:
        """`orders` of `domain/orders/lifecycle.py`; None outside the concept folders."""
        parts = self.path.split("/")
        return parts[1] if parts[0] == "domain" and len(parts) == 3 and parts[1] not in NOT_CONCEPTS else None

    @property
    def is_migration(self) -> bool:
        return "/migrations/" in self.path

    def functions(self) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
        """Every function with its dotted name, those in classes and in functions too."""
        return _functions(self.tree, "")

    def imported(self) -> Iterator[tuple[ast.stmt, str]]:
        """Every imported module and every name imported from one, dotted."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((node, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield from ((node, f"{node.module or ''}.{alias.name}") for alias in node.names)

    def calls(self) -> Iterator[tuple[ast.Call, str]]:
        """Every call with the dotted name it is called by (`datetime.now`); other calls are left out."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call) and (called := _dotted(node.func)):
                yield node, called

    def at(self, node: ast.stmt | ast.expr, words: str) -> str:
        """A line for the reader of a failed test."""
        return f"{self.path}:{node.lineno} {words}"


def rooms(*names: str) -> list[Source]:
    """The files of these rooms; of all that are installed, when none is named."""
    return [source for source in project() if source.room in (names or ROOMS)]


@cache
def project() -> tuple[Source, ...]:
    """Every Python file of the project."""
    return tuple(Source(path, (ROOT / path).read_text(encoding="utf-8")) for path in files() if path.endswith(".py"))


@cache
def files() -> tuple[str, ...]:
    """Every file that is, or would be, under version control."""
    command = ("git", "ls-files", "--cached", "--others", "--exclude-standard", "-z")
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):  # An unpacked archive, without git.
        paths = [path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file()]
        return tuple(sorted(path.as_posix() for path in paths if not MADE_BY_RUNNING & set(path.parts)))
    return tuple(sorted(path for path in listed.split("\0") if path and (ROOT / path).is_file()))


@cache
def _parsed(source: Source) -> ast.Module:
    return ast.parse(source.text)


def _functions(parent: ast.AST, prefix: str) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for node in ast.iter_child_nodes(parent):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield prefix + node.name, node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield from _functions(node, f"{prefix}{node.name}.")
        else:
            yield from _functions(node, prefix)


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{base}.{node.attr}" if (base := _dotted(node.value)) else ""
    return ""
