"""The format in which recordings are kept for training: ``Time,Temperature``, seconds and degC, one file per channel.

``_exception`` at the end of a name says that the cell ran away. `training/` reads exactly this.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from .series import Sample

HEADER: Final = "Time,Temperature"
PREFIX: Final = "temp_data_"
_EXCEPTION: Final = "_exception"
_BLACK_BOX: Final = "blackbox"
_LONGEST_ID: Final = 64


def as_csv(samples: Iterable[Sample]) -> str:
    """Return the text of a file: milliseconds and 0.01 degC, one line for each sample, a line end after each."""
    lines = [HEADER, *(f"{time_s:.3f},{temp_c:.2f}" for time_s, temp_c in samples)]
    return "\n".join(lines) + "\n"


def file_name(device_id: str, channel: str, start: datetime, *, runaway: bool, copy: int = 1) -> str:
    """Return the name for a recording of ``channel`` that begins at ``start``, in UTC; ``copy`` from 2 on is a repeat.

    Only letters, digits and ``-`` of ``device_id`` are kept, so no name leaves its folder or means more to a shell.
    """
    again = f"_{copy}" if copy > 1 else ""
    begins = f"{start.astimezone(UTC):%Y%m%dT%H%M%S}{again}"
    return f"{names_begin(device_id)}{channel}_{begins}{_EXCEPTION if runaway else ''}.csv"


def names_begin(device_id: str) -> str:
    """Return what every name of a battery begins with."""
    safe_id = re.sub(r"[^A-Za-z0-9-]+", "-", device_id)[:_LONGEST_ID].strip("-") or "battery"
    return f"{PREFIX}{safe_id}_"


def black_box_channel(channel: str) -> str:
    """Return how ``channel`` is called in the name of a file that nobody asked to keep for ever."""
    return f"{channel}-{_BLACK_BOX}"


def is_black_box(name: str) -> bool:
    """Whether a file of this name was written from a black box and may be aged out; a renamed one may not."""
    return re.fullmatch(rf"{PREFIX}[A-Za-z0-9-]+_[a-z]+-{_BLACK_BOX}_\d{{8}}T\d{{6}}\w*\.csv", name) is not None


def says_runaway(name: str) -> bool:
    """Whether the name of a file says that the cell ran away."""
    return name.endswith(f"{_EXCEPTION}.csv")
