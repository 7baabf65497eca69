"""The golden set of windows, as it lies in the fixtures."""

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

WINDOWS = Path(__file__).parents[1] / "fixtures" / "windows"


class Golden(NamedTuple):
    """One window float32 (60,) in degC, and whether it must be ``quiet``, ``loud`` or is ``any``."""

    name: str
    expected: str
    temp_c: NDArray[np.float32]


def golden_windows() -> list[Golden]:
    """Return all of them."""
    table = json.loads((WINDOWS / "golden.json").read_text())
    return [Golden(name, case["expected"], np.array(case["temp_c"], np.float32)) for name, case in table.items()]
