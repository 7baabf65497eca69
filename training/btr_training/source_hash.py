"""Which code made a result: a SHA-256 of a module and of everything of this project that it imports."""

import ast
import hashlib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import btr_core

ROOTS = {"btr_core": Path(btr_core.__file__).parent, "btr_training": Path(__file__).parent}


@lru_cache
def code_sha256(module: str) -> str:
    """Return the SHA-256 of the syntax of ``module`` and of all that it imports from here, directly or not.

    Comments and layout do not count, nor does what is imported by nothing on the way: a report may change freely. The
    source is read once a process, at the first call.
    """
    told: dict[str, str] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        path = _path_of(name)
        if name in told or path is None:
            continue
        tree = ast.parse(path.read_bytes())
        told[name] = ast.dump(tree)
        waiting += _imported(tree, name if path.name == "__init__.py" else name.rpartition(".")[0])
    return hashlib.sha256("\n".join(f"{name} {told[name]}" for name in sorted(told)).encode()).hexdigest()


def _path_of(name: str) -> Path | None:
    """Return the file of a module of ours; None for a name inside of one and for what others made."""
    root, *parts = name.split(".")
    if root not in ROOTS:
        return None
    base = ROOTS[root].joinpath(*parts)
    return next((path for path in (base.with_suffix(".py"), base / "__init__.py") if path.is_file()), None)


def _imported(tree: ast.Module, package: str) -> Iterator[str]:
    """Yield the full names of all that a module of ``package`` may import, wherever it does."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: package.count(".") + 2 - node.level] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)
