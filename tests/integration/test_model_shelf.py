"""The folder of the user's models: what is offered, and that nothing outside of it is ever read."""

import ast
import os
from pathlib import Path

import pytest

from custom_components.btr.core.errors import ModelCardError
from custom_components.btr.model_shelf import MODEL_PATH, SHIPPED, ModelShelf
from tests.integration.models import put_model

INTEGRATION = Path(__file__).parents[2] / "custom_components" / "btr"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "btr_models"
    folder.mkdir()
    return folder


@pytest.fixture
def shelf(folder: Path) -> ModelShelf:
    return ModelShelf(MODEL_PATH, folder)


def test_models_are_offered_by_the_names_of_their_files(folder: Path, shelf: ModelShelf) -> None:
    for name in ("tcn two", "a", "变压器"):
        put_model(folder, name)
    for other in ("notes.txt", "a.pkl", ".hidden.onnx", "._a.onnx", "line\nbreak.onnx", "A.ONNX"):
        (folder / other).touch()
    assert shelf.scan() == ("a.onnx", "tcn two.onnx", "变压器.onnx")
    assert shelf.path_of("tcn two.onnx") == folder / "tcn two.onnx"


def test_without_the_folder_there_is_the_shipped_model(tmp_path: Path) -> None:
    shelf = ModelShelf(MODEL_PATH, tmp_path / "missing")
    assert shelf.scan() == ()
    assert shelf.path_of(SHIPPED) == MODEL_PATH
    with pytest.raises(ModelCardError, match="cannot be read"):
        shelf.path_of("a.onnx")


@pytest.mark.parametrize(
    "name",
    [
        "../secret.onnx",
        "sub/secret.onnx",
        "..\\secret.onnx",
        "/etc/secret.onnx",
        ".onnx",
        "..",
        "",
        "secret",
        "shipped.onnx\n",
        "secret\x00.onnx",
        "secrets.yaml",
    ],
)
def test_m2_no_name_leads_out_of_the_folder(folder: Path, shelf: ModelShelf, name: str) -> None:
    (folder / "sub").mkdir()
    for place in (folder.parent, folder / "sub"):
        put_model(place, "secret")
    with pytest.raises(ModelCardError, match="not the name of a model file"):
        shelf.path_of(name)


@pytest.mark.parametrize("ending", ["onnx", "json"])
def test_m2_no_link_leads_out_of_the_folder(folder: Path, shelf: ModelShelf, ending: str) -> None:
    put_model(folder.parent, "mine")
    put_model(folder, "mine")
    linked = folder / f"mine.{ending}"
    linked.unlink()
    linked.symlink_to(folder.parent / f"mine.{ending}")
    with pytest.raises(ModelCardError, match="link out of the folder"):
        shelf.path_of("mine.onnx")


def test_a_link_within_the_folder_and_a_folder_that_is_a_link_are_fine(tmp_path: Path, folder: Path) -> None:
    put_model(folder, "version_2")
    (folder / "latest.onnx").symlink_to("version_2.onnx")
    (tmp_path / "elsewhere").symlink_to(folder)
    shelf = ModelShelf(MODEL_PATH, tmp_path / "elsewhere")
    assert shelf.path_of("latest.onnx") == folder / "version_2.onnx"


def test_m1_a_file_over_five_mebibytes_is_refused_unread(folder: Path, shelf: ModelShelf) -> None:
    put_model(folder)
    with (folder / "mine.onnx").open("ab") as file:
        file.truncate(5 * 1024 * 1024 + 1)
    with pytest.raises(ModelCardError, match="5242881 bytes"):
        shelf.path_of("mine.onnx")


@pytest.mark.parametrize("ending", ["onnx", "json"])
def test_what_is_no_plain_file_is_refused_unread(folder: Path, shelf: ModelShelf, ending: str) -> None:
    put_model(folder)
    (folder / f"mine.{ending}").unlink()
    os.mkfifo(folder / f"mine.{ending}")  # to read it would block for ever
    with pytest.raises(ModelCardError, match="no plain file"):
        shelf.path_of("mine.onnx")


def test_a_link_in_a_circle_is_refused(folder: Path, shelf: ModelShelf) -> None:
    (folder / "a.onnx").symlink_to("b.onnx")
    (folder / "b.onnx").symlink_to("a.onnx")
    with pytest.raises(ModelCardError, match="cannot be read"):
        shelf.path_of("a.onnx")


def test_m2_only_the_engine_loader_reads_models_and_only_the_shelf_says_where_they_are() -> None:
    """A message ends in the codec, the devices and the hub; none of them can name a file to load."""
    users: dict[str, set[str]] = {"load_engine": set(), "path_of": set()}
    for path in INTEGRATION.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else None
            if name in users:
                users[name].add(path.name)
    assert users == {"load_engine": {"engines.py"}, "path_of": {"risk_monitor.py"}}
