"""Two devices that share one id: told by series that alternate, never by a reboot, a wrap or data that comes late.

A device that reboots falls back once and goes on from there. Only where two speak in turn does a counter fall back
*and* run ahead of the time that has passed, again and again.
"""

from collections import deque
from collections.abc import Mapping
from typing import Final

# A reboot falls back once; so many returns to where the other one had stopped are no coincidence.
_TURNS: Final = 6
# Wi-Fi and broker hold messages back by seconds; nothing makes them come early.
_AHEAD_S: Final = 2.0
# A bath of water cannot move by this much and back between two messages, and certainly not at two probes at once.
_JUMP_K: Final = 5.0
_JUMPING_PROBES: Final = 2


class TwinWatch:
    """Counts how often a device returns to where another one had stopped.

    Attributes:
        window_s: how long a return counts.
    """

    def __init__(self, window_s: float) -> None:
        """``window_s`` must be long enough for the messages of seven turns."""
        self.window_s = window_s
        self._turns: deque[float] = deque(maxlen=_TURNS)
        self._since_s: float | None = None
        self._last: tuple[int, int | None, float] | None = None
        self._fell_back = False
        self._turned_at_seq = -1
        self._levels_c: Mapping[str, float] = {}
        self._jumps_k: Mapping[str, float] = {}

    def hear_counter(self, counter_ms: int, seq: int | None, now_s: float) -> None:
        """Take the time since boot of a live message and its number if it has one; a wrap is one step back."""
        self._start(now_s)
        last, self._last = self._last, (counter_ms, seq, now_s)
        if last is None:
            return
        last_ms, last_seq, last_s = last
        step_s = (counter_ms - last_ms) / 1000
        ahead_s = step_s - (now_s - last_s)
        if step_s < 0:
            self._fell_back = True
            self._turned_at_seq = -1
        elif ahead_s > _AHEAD_S:
            if self._fell_back:
                self._turn(now_s)
        elif step_s > 0 and abs(ahead_s) <= _AHEAD_S and seq is not None and last_seq is not None:
            self._compare_numbers(seq, last_seq, now_s)

    def hear_levels(self, levels_c: Mapping[str, float], now_s: float) -> None:
        """Take the temperatures of a live message of a device that has no counter."""
        self._start(now_s)
        before, self._levels_c = self._levels_c, {**self._levels_c, **levels_c}
        moved = {probe: celsius - before[probe] for probe, celsius in levels_c.items() if probe in before}
        jumps = {probe: step_k for probe, step_k in moved.items() if abs(step_k) >= _JUMP_K}
        if not jumps:
            return
        returned = [
            probe
            for probe, step_k in jumps.items()
            if (there_k := self._jumps_k.get(probe)) is not None and abs(step_k + there_k) <= abs(step_k) / 2
        ]
        self._jumps_k = jumps
        if len(returned) >= _JUMPING_PROBES:
            self._turn(now_s)

    def verdict(self, now_s: float) -> bool | None:
        """Return whether there are two devices, None while too little was heard to say so."""
        if len(self._turns) == _TURNS and now_s - self._turns[0] <= self.window_s:
            return True
        quiet_since_s = self._turns[-1] if self._turns else self._since_s
        if quiet_since_s is None or now_s - quiet_since_s < self.window_s:
            return None
        return False

    def _compare_numbers(self, seq: int, last_seq: int, now_s: float) -> None:
        """Two that were switched on together have the same time since boot, but each counts its own messages."""
        if seq <= last_seq and last_seq > self._turned_at_seq:
            self._turned_at_seq = last_seq
            self._turn(now_s)

    def _start(self, now_s: float) -> None:
        if self._since_s is None:
            self._since_s = now_s

    def _turn(self, now_s: float) -> None:
        self._fell_back = False
        self._turns.append(now_s)
