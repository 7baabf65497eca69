"""The format in which recordings are kept for training: ``Time,Temperature``, seconds and degC, one file per channel.

``_exception`` at the end of a name says that the cell ran away. `training/` reads exactly this.
"""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from .series import Sample

HEADER: Final = "Time,Temperature"
_PREFIX: Final = "temp_data_"
_EXCEPTION: Final = "_exception"
_LONGEST_ID: Final = 64


def as_csv(samples: Iterable[Sample]) -> str:
    """Return the text of a file: milliseconds and 0.01 degC, one line for each sample, a line end after each."""
    lines = [HEADER, *(f"{time_s:.3f},{temp_c:.2f}" for time_s, temp_c in samples)]
    return "\n".join(lines) + "\n"


def file_name(device_id: str, channel: str, start: datetime, *, runaway: bool, copy: int = 1) -> str:
    """Return the name for a recording of ``channel`` that begins at ``start``; ``copy`` from 2 on tells repeats apart.

    Only letters, digits and ``-`` of ``device_id`` are kept, so no name leaves its folder or means more to a shell.
    """
    safe_id = re.sub(r"[^A-Za-z0-9-]+", "-", device_id)[:_LONGEST_ID].strip("-") or "battery"
    again = f"_{copy}" if copy > 1 else ""
    return f"{_PREFIX}{safe_id}_{channel}_{start:%Y%m%dT%H%M%S}{again}{_EXCEPTION if runaway else ''}.csv"
