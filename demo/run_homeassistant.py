"""Home Assistant, without the complaints that say nothing of a demo: ``python run_homeassistant.py ARGUMENTS``.

They are logged before Home Assistant reads its own logger settings. Whoever reads the log of a demo looks for what is
wrong.
"""

import logging
import runpy

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


def main() -> None:
    """Mute them and hand over to Home Assistant."""
    for name, beginning in COMPLAINTS.items():
        logging.getLogger(name).addFilter(_Mute(beginning))
    runpy.run_module("homeassistant", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
