"""Code that made a result is known by its syntax: what it imports counts, comments and strangers do not."""

import pytest

from btr_training import source_hash
from btr_training.source_hash import code_sha256

FILES = {
    "__init__.py": "",
    "fit.py": "from .parts import tool\nfrom btr_core.range import LOW\n\nx = tool.y + LOW\n",
    "parts/__init__.py": "",
    "parts/tool.py": "import numpy\nfrom ..deep import y\n",
    "deep.py": "y = 1\n",
    "report.py": "from .fit import x\n",
}


@pytest.fixture
def package(tmp_path, monkeypatch):
    folder = tmp_path / "btr_training"
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (tmp_path / "core").mkdir()
    (tmp_path / "core" / "range.py").write_text("LOW = -50\n")
    monkeypatch.setattr(source_hash, "ROOTS", {"btr_training": folder, "btr_core": tmp_path / "core"})
    code_sha256.cache_clear()
    yield folder
    code_sha256.cache_clear()


def changed(path, text):
    before = code_sha256("btr_training.fit")
    path.write_text(text)
    code_sha256.cache_clear()
    return code_sha256("btr_training.fit") != before


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("fit.py", FILES["fit.py"] + "z = 1\n"),
        ("parts/tool.py", FILES["parts/tool.py"] + "z = 1\n"),
        ("deep.py", "y = 2\n"),
        ("../core/range.py", "LOW = -40\n"),
    ],
)
def test_a_change_in_anything_imported_is_another_code(package, name, text):
    assert changed(package / name, text)


@pytest.mark.parametrize(
    ("name", "text"), [("deep.py", "# why\ny   =  1\n"), ("report.py", "x = 3\n"), ("new.py", "x = 3\n")]
)
def test_comments_layout_and_what_nobody_imports_do_not_count(package, name, text):
    assert not changed(package / name, text)


def modules_behind(module, monkeypatch):
    found = []
    path_of = source_hash._path_of
    monkeypatch.setattr(source_hash, "_path_of", lambda name: found.append(name) or path_of(name))
    code_sha256.cache_clear()
    code_sha256(module)
    return {name for name in found if path_of(name)}


def test_the_code_of_a_fit_is_all_that_makes_a_model_and_nothing_that_judges_it(monkeypatch):
    behind = modules_behind("btr_training.fitting", monkeypatch)
    makes = {"simulate", "cells", "benign", "sensors", "windows", "families.tcn", "train", "neural", "graph", "data"}
    assert behind >= {f"btr_training.{name}" for name in makes} | {"btr_core.plausibility"}
    assert not behind & {f"btr_training.{name}" for name in ("evaluate", "nuisance", "contest", "report", "replay")}
    assert not behind & {"btr_core.alarm", "btr_core.battery"}
