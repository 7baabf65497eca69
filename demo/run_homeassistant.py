"""Home Assistant, without the complaints that say nothing of a demo: ``python run_homeassistant.py ARGUMENTS``.

They are logged before Home Assistant reads its own logger settings. Whoever reads the log of a demo looks for what is
wrong. The packages named in the environment variable ``BTR_DEMO_HIDDEN`` cannot be imported, as on a system that has
none of them.
"""

import importlib.abc
import logging
import os
import runpy
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

HIDDEN = "BTR_DEMO_HIDDEN"

COMPLAINTS = {
    # the greeting of every custom integration
    "homeassistant.loader": "We found a custom integration btr ",
    # Home Assistant always sets up its speech and camera domains, and their helpers miss what no demo needs
    "haffmpeg.core": "FFmpeg fails",
    "haffmpeg.tools": "Error starting FFmpeg",
    "homeassistant.components.camera.img_util": "Error loading libturbojpeg",
}


class _Mute(logging.Filter):
    """Drops the messages that begin with a text."""

    def __init__(self, beginning: str) -> None:
        super().__init__()
        self._beginning = beginning

    def filter(self, record: logging.LogRecord) -> bool:
        return not record.getMessage().startswith(self._beginning)


class Hidden(importlib.abc.MetaPathFinder):
    """Finds that there are no such packages, before anybody looks where they are."""

    def __init__(self, packages: Sequence[str]) -> None:
        """``packages`` are names at the top level."""
        self._packages = frozenset(packages)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Refuse what is hidden, and leave everything else to the other finders."""
        if fullname.partition(".")[0] in self._packages:
            raise ModuleNotFoundError(f"No module named {fullname!r} (hidden by the demo)", name=fullname)
        return None


def main() -> None:
    """Mute them, hide what is to be hidden, and hand over to Home Assistant."""
    if hidden := os.environ.get(HIDDEN):
        sys.meta_path.insert(0, Hidden(hidden.split(",")))
    for name, beginning in COMPLAINTS.items():
        logging.getLogger(name).addFilter(_Mute(beginning))
    runpy.run_module("homeassistant", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
