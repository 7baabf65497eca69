"""What the heater has done, and whether the tank answers to it."""

from collections import deque
from dataclasses import dataclass, replace
from math import isfinite

from .errors import CommandRefusedError

MAX_POINTS = 4096


@dataclass(frozen=True, slots=True)
class HeaterCount:
    """What a heater has done: seconds on, how often it was switched on, and Wh while its power was known."""

    on_s: float = 0.0
    cycles: int = 0
    energy_wh: float = 0.0


class HeaterMeter:
    """Counts what live telemetry showed, and the share of the last hour.

    ``count`` may be set to go on from there; ``power_w`` is what the heater draws, None while nobody has said it.
    """

    def __init__(self, window_s: float) -> None:
        """``window_s`` is the time over which the duty cycle is told."""
        self.count = HeaterCount()
        self.power_w: float | None = None
        self._window_s = window_s
        self._spans: deque[tuple[float, float, bool]] = deque()
        self._known_s = 0.0
        self._window_on_s = 0.0
        self._last: tuple[float, bool] | None = None

    @property
    def duty(self) -> float | None:
        """The share 0..1 of the window that was seen, None before two messages."""
        return self._window_on_s / self._known_s if self._known_s > 0 else None

    def set_power(self, watts: float) -> None:
        """Count energy with this power from now on; 0 is not known.

        Raises:
            CommandRefusedError: ``not_number``.

        """
        if not (isfinite(watts) and watts >= 0):
            raise CommandRefusedError("not_number", key="heater_power", value=str(watts))
        self.power_w = watts or None

    @property
    def energy_kwh(self) -> float | None:
        """The energy so far, None while the power is not known."""
        return None if self.power_w is None else self.count.energy_wh / 1000

    def add(self, now_s: float, is_on: bool | None, max_gap_s: float) -> None:
        """Take one live message; a time longer than ``max_gap_s`` without one counts as unknown."""
        if self._last is not None:
            last_s, was_on = self._last
            if 0 < now_s - last_s <= max_gap_s:
                self._add_span(now_s, now_s - last_s, was_on)
            if is_on and not was_on:
                self.count = replace(self.count, cycles=self.count.cycles + 1)
        self._last = None if is_on is None else (now_s, is_on)

    def forget(self) -> None:
        """Take what follows as the first message: what happened in between is not known."""
        self._last = None

    def _add_span(self, end_s: float, length_s: float, was_on: bool) -> None:
        self._spans.append((end_s, length_s, was_on))
        self._known_s += length_s
        if was_on:
            energy_wh = (self.power_w or 0.0) * length_s / 3600
            self.count = replace(
                self.count, on_s=self.count.on_s + length_s, energy_wh=self.count.energy_wh + energy_wh
            )
            self._window_on_s += length_s
        while len(self._spans) > MAX_POINTS or self._spans[0][0] <= end_s - self._window_s:
            _, old_s, was_old_on = self._spans.popleft()
            self._known_s -= old_s
            self._window_on_s -= old_s if was_old_on else 0.0


class GainWatch:
    """Heating must raise the tank: ``fault`` is set after ``limit_s`` of heating with less than ``rise_k``.

    It clears when heating shows a gain again.
    """

    def __init__(self, limit_s: float, rise_k: float) -> None:
        """Start without a fault."""
        self.fault = False
        self._limit_s = limit_s
        self._rise_k = rise_k
        self._anchor: tuple[float, float] | None = None

    def add(self, now_s: float, is_on: bool | None, tank_c: float | None) -> None:
        """Take one live message; an unknown heater or tank starts the watch again."""
        if not is_on or tank_c is None:
            self.forget()
        elif self._anchor is None:
            self._anchor = (now_s, tank_c)
        else:
            self._judge(now_s, tank_c, *self._anchor)

    def forget(self) -> None:
        """Start the watch again; a fault stays."""
        self._anchor = None

    def _judge(self, now_s: float, tank_c: float, since_s: float, lowest_c: float) -> None:
        # The pump brings cold water: only a rise from the lowest point is the heater's doing.
        lowest_c = min(lowest_c, tank_c)
        self._anchor = (since_s, lowest_c)
        if tank_c - lowest_c >= self._rise_k:
            self.fault = False
            self._anchor = (now_s, tank_c)
        elif now_s - since_s >= self._limit_s:
            self.fault = True


class StuckWatch:
    """An idle heater must not heat: ``fault`` is set when the tank rises although the heater has been off for long.

    It clears when the tank has fallen by as much, or when the heater is on again.
    """

    def __init__(self, settle_s: float, window_s: float, rise_k: float) -> None:
        """Start without a fault."""
        self.fault = False
        self._settle_s = settle_s
        self._window_s = window_s
        self._rise_k = rise_k
        self._off_since_s: float | None = None
        self._points: deque[tuple[float, float]] = deque(maxlen=MAX_POINTS)
        self._peak_c = 0.0

    def add(self, now_s: float, is_on: bool | None, tank_c: float | None) -> None:
        """Take one live message; an unknown heater or tank starts the watch again."""
        if is_on is not False or tank_c is None:
            self.forget()
            self.fault = self.fault and not is_on
            return
        if self._off_since_s is None:
            self._off_since_s = now_s
        if now_s - self._off_since_s >= self._settle_s:
            self._judge(now_s, tank_c)

    def forget(self) -> None:
        """Start the watch again; a fault stays."""
        self._off_since_s = None
        self._points.clear()

    def _judge(self, now_s: float, tank_c: float) -> None:
        while self._points and self._points[0][0] < now_s - self._window_s:
            self._points.popleft()
        self._points.append((now_s, tank_c))
        if self.fault:
            self._peak_c = max(self._peak_c, tank_c)
            if tank_c <= self._peak_c - self._rise_k:
                self.fault = False
                self._points.clear()
        elif tank_c - min(celsius for _, celsius in self._points) > self._rise_k:
            self.fault = True
            self._peak_c = tank_c
