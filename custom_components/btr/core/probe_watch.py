"""Probes that need somebody's hands: bad for minutes, or sending the same value for ever.

The alarm tells of a bad probe within seconds. What is told here is what stays so, and is worth a walk to the device.
"""

from collections.abc import Set as AbstractSet
from math import inf
from typing import Final

# A plug that is pulled and put back, and a reboot, are over in less.
BAD_S: Final = 300.0
# A loose contact reads well now and then.
GOOD_S: Final = 120.0

# The longest time for which any recording of a battery shows one value is 100 minutes at an even temperature. While the
# air moves by 5 K a cell follows by tenths at least within half an hour, and the converter resolves 0.03 K.
FROZEN_S: Final = 1800.0
FROZEN_AIR_K: Final = 5.0
INTERNAL: Final = "temp_internal_c"
AIR: Final = ("temp_ambient_c", "humidity_percent")
# Nobody knows how a value moved that was not heard.
_PAUSE_S: Final = 60.0


class ProbeWatch:
    """Confirms bad probes over minutes, and lets go of them as slowly."""

    def __init__(self) -> None:
        """Start with nothing seen."""
        self._bad_since_s: dict[str, float] = {}
        self._bad_s: dict[str, float] = {}
        self._failed: set[str] = set()
        self._since_s: float | None = None

    def update(self, now_s: float, bad: AbstractSet[str]) -> frozenset[str] | None:
        """Take the channels that are bad now; returns those that have been for long, None while it is too early."""
        if self._since_s is None:
            self._since_s = now_s
        for channel in bad:
            self._bad_since_s.setdefault(channel, now_s)
            self._bad_s[channel] = now_s
        for channel in [name for name, at_s in self._bad_s.items() if now_s - at_s >= GOOD_S]:
            del self._bad_since_s[channel], self._bad_s[channel]
            self._failed.discard(channel)
        self._failed |= {name for name, since_s in self._bad_since_s.items() if now_s - since_s >= BAD_S}
        if self._failed or (not self._bad_since_s and now_s - self._since_s >= GOOD_S):
            return frozenset(self._failed)
        return None


class _Stillness:
    """How long some readings have stood still, and how far the air moved meanwhile."""

    __slots__ = ("_coldest_c", "_heard_s", "_since_s", "_values", "_warmest_c")

    def __init__(self) -> None:
        self._values: tuple[float | None, ...] = ()
        self._since_s = self._heard_s = 0.0
        self._coldest_c, self._warmest_c = inf, -inf

    def hear(self, now_s: float, values: tuple[float | None, ...], ambient_c: float | None) -> None:
        is_pause = now_s - self._heard_s > _PAUSE_S
        self._heard_s = now_s
        if is_pause or values != self._values or None in values:
            self._values, self._since_s = values, now_s
            self._coldest_c, self._warmest_c = inf, -inf
        if ambient_c is not None:
            self._coldest_c = min(self._coldest_c, ambient_c)
            self._warmest_c = max(self._warmest_c, ambient_c)

    def is_frozen(self, air_k: float) -> bool:
        """Whether they stand still for long although the air has moved by ``air_k``."""
        return self._heard_s - self._since_s >= FROZEN_S and self._warmest_c - self._coldest_c >= air_k


class FrozenWatch:
    """Finds the sensors of a battery that repeat themselves.

    A thermometer on the cell is frozen when it stands still while the air moves. Air and humidity come from one sensor,
    and an original node repeats its last two values for ever when it fails; both never stand still together otherwise.
    """

    def __init__(self) -> None:
        """Start with nothing seen."""
        self._cell = _Stillness()
        self._air = _Stillness()

    def hear(self, now_s: float, internal_c: float | None, ambient_c: float | None, humidity: float | None) -> None:
        """Take the readings of a live sample, as they were sent."""
        self._cell.hear(now_s, (internal_c,), ambient_c)
        self._air.hear(now_s, (ambient_c, humidity), ambient_c)

    @property
    def frozen(self) -> frozenset[str]:
        """The channels that are frozen."""
        cell = (INTERNAL,) if self._cell.is_frozen(FROZEN_AIR_K) else ()
        return frozenset((*cell, *(AIR if self._air.is_frozen(0.0) else ())))
