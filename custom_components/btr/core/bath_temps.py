"""Which reading of a bath's probes to believe, and what its bath temperature is."""

from collections.abc import Mapping, Sequence
from statistics import median

POWER_ON_C = 85.0
"""What a DS18B20 reads before its first conversion (data sheet)."""
POWER_ON_STEP_K = 5.0
"""A true 85 °C is approached in steps smaller than this."""

TANK = "tank"
CORE = "core"
OUTLET = "outlet"

_RANGE_C: Mapping[str, tuple[float, float]] = {TANK: (-10.0, 120.0), CORE: (-55.0, 125.0), OUTLET: (-20.0, 100.0)}
"""Tank and outlets as the device judges them; for the core it has no rule, so the sensor's own range."""


class ProbeFilter:
    """Believes a reading if it is in range and no power-on value.

    Exactly 85 °C counts only if the reading before it was close; one lone jump to it does not, nor as the first of all.
    """

    def __init__(self) -> None:
        """Start without any history."""
        self._last_c: dict[tuple[str, int], float | None] = {}

    def accept(self, medium: str, number: int, read_c: float | None) -> float | None:
        """Return the reading of a probe in °C, or None if there is none to believe."""
        last_c = self._last_c.get((medium, number))
        self._last_c[medium, number] = read_c
        low_c, high_c = _RANGE_C[medium]
        if read_c is None or not low_c < read_c < high_c:
            return None
        if read_c == POWER_ON_C and (last_c is None or abs(read_c - last_c) > POWER_ON_STEP_K):
            return None
        return read_c


def bath_temperature(outlets_c: Sequence[float | None], spread_k: float) -> tuple[float | None, bool]:
    """Return the median of the valid outlets without outliers in °C, and whether there was an outlier.

    Outlets further than ``spread_k`` from the first median are dropped, as the device does it. None without a valid
    outlet; if only outliers are left (two probes far apart), the first median stays.
    """
    valid = [celsius for celsius in outlets_c if celsius is not None]
    if not valid:
        return None, False
    first_c = median(valid)
    close = [celsius for celsius in valid if abs(celsius - first_c) <= spread_k]
    return median(close or valid), len(close) < len(valid)
