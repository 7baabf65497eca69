"""The model files that may be used: the one that is shipped, and the user's own in one folder of the configuration.

A user's model has the name of its file. Nothing but that folder is ever looked into, and no message or action can put
a file there.
"""

from pathlib import Path, PurePath
from typing import Final

from .core.errors import ModelCardError
from .core.risk.inspect import MAX_MODEL_BYTES

SHIPPED: Final = "shipped"
"""The name of the shipped model; no file can have it."""

MODEL_PATH: Final = Path(__file__).parent / "models" / "battery_risk.onnx"
FOLDER: Final = "btr_models"
_ENDING: Final = ".onnx"


class ModelShelf:
    """The shipped model and a folder; what reads the disk belongs into an executor."""

    def __init__(self, shipped: Path, folder: Path) -> None:
        """Nothing is read yet; the folder need not exist."""
        self._shipped = shipped
        self._folder = folder

    def scan(self) -> tuple[str, ...]:
        """Return the names of the user's model files, sorted; what is wrong with one shows when it is chosen.

        Reads the disk.
        """
        try:
            return tuple(sorted(path.name for path in self._folder.iterdir() if _is_name(path.name)))
        except OSError:
            return ()

    def file_name(self, model: str) -> str:
        """Return what the file of ``model`` is called."""
        return self._shipped.name if model == SHIPPED else model

    def path_of(self, model: str) -> Path:
        """Return the file of ``model``, in the folder itself and no larger than allowed. Reads the disk.

        Raises:
            ModelCardError: no such file, a name that leads elsewhere, a link that does, no plain file, or too large.
        """
        if model == SHIPPED:
            return self._shipped
        if not _is_name(model):
            raise ModelCardError(f"{model[:80]!r} is not the name of a model file in the folder {FOLDER}")
        try:
            folder = self._folder.resolve(strict=True)
            path = (folder / model).resolve(strict=True)
            size = path.stat().st_size
        except OSError as error:
            raise ModelCardError(f"{model} cannot be read in the folder {FOLDER} ({error.strerror})") from error
        for file in (path, path.with_suffix(".json").resolve()):
            if file.parent != folder:
                raise ModelCardError(
                    f"{model}: model or card is a link out of the folder {FOLDER}, copy the file there"
                )
            if file.exists() and not file.is_file():
                raise ModelCardError(f"{model}: model or card is no plain file")
        if size > MAX_MODEL_BYTES:
            raise ModelCardError(f"{model}: {size} bytes, a model may have at most {MAX_MODEL_BYTES}")
        return path


def _is_name(name: str) -> bool:
    return (
        name.endswith(_ENDING)
        and not name.startswith(".")
        and name.isprintable()
        and name == PurePath(name).name
        and "\\" not in name
    )
