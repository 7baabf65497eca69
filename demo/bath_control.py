"""How the bath decides: the rules of the original controller, as functions of readings, settings and time.

Priority: emergency stop, hard limit, tank safety, tank-bath gap, manual locks, automatic, guards.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from .bath_settings import ControlSettings

OUTPUTS = ("heater", "pump", "aeration")
FOREVER_MS = 1 << 62


@dataclass(frozen=True, slots=True)
class Readings:
    """One measurement in degC; None stands for a probe without a valid reading."""

    core_c: float | None
    outlets_c: Sequence[float | None]
    tank_c: float | None


@dataclass(frozen=True, slots=True)
class Wish:
    """What a rule wants of heater and pump."""

    heat: bool = False
    pump: bool = False


def bath_temperature(outlets_c: Sequence[float | None]) -> float | None:
    """Median of the valid outlets (-20..100 degC), without those more than 5 K from the first median."""
    valid = [value for value in outlets_c if value is not None and -20.0 < value < 100.0]
    if not valid:
        return None
    middle = median(valid)
    return median([value for value in valid if abs(value - middle) <= 5.0] or valid)


def pump_thresholds(settings: ControlSettings, core_c: float | None, boost_k: float) -> tuple[float, float]:
    """The tank-bath gaps in K above which the pump starts and below which it stops."""
    low, high = settings.delta_on_min_k, settings.delta_on_max_k
    on = low + (high - low) * _position(settings, core_c) ** settings.delta_gamma + boost_k
    on = min(max(on, low), high + settings.boost_max_k)
    return on, max(0.5, on * (1.0 - settings.nominal_hysteresis_k / ((low + high) / 2.0)))


def _position(settings: ControlSettings, core_c: float | None) -> float:
    """Where the core is between its limits, 0..1; 0 when it is not known."""
    if core_c is None:
        return 0.0
    return min(max((core_c - settings.in_min_c) / (settings.in_max_c - settings.in_min_c), 0.0), 1.0)


def setpoint_wish(settings: ControlSettings, bath_c: float, tank_c: float | None, delta_on_k: float) -> Wish:
    """Setpoint mode: heat below the band, all off above it, pump alone within it."""
    if tank_c is None or bath_c > settings.target_c + settings.hysteresis_k:
        return Wish()
    gap_k = tank_c - bath_c
    if bath_c < settings.target_c - settings.hysteresis_k:
        cold_tank = tank_c < settings.target_c + delta_on_k
        return Wish(heat=True, pump=gap_k > (0.5 if cold_tank else delta_on_k))
    return Wish(pump=gap_k > delta_on_k)


def ncurve_wish(
    settings: ControlSettings, readings: Readings, bath_c: float, thresholds_k: tuple[float, float], *, pump_on: bool
) -> Wish:
    """n-curve mode: heat while the core is ahead of the bath by more than the curve allows; preheat the tank.

    An invalid core probe wants nothing.
    """
    if readings.core_c is None:
        return Wish()
    smallest_k = max(0.1, 0.02 * settings.max_difference_k)
    curve = _position(settings, readings.core_c) ** settings.difference_gamma
    allowed_k = smallest_k + (settings.max_difference_k - smallest_k) * curve
    wanted = readings.core_c < settings.in_min_c or readings.core_c - bath_c > allowed_k
    if readings.tank_c is None:
        return Wish(heat=wanted)
    gap_k = readings.tank_c - bath_c
    delta_on_k, delta_off_k = thresholds_k
    pump = wanted and (gap_k > delta_on_k or (gap_k > delta_off_k and pump_on))
    return Wish(heat=wanted or gap_k < delta_on_k, pump=pump)


@dataclass(slots=True)
class BathControl:
    """Outputs, locks and learned offset of one bath from boot on. Times are the device's milliseconds."""

    settings: ControlSettings
    now_ms: int
    on: dict[str, bool] = field(default_factory=lambda: dict.fromkeys(OUTPUTS, False))
    emergency: bool = False
    boost_k: float = 0.0
    locked_until_ms: dict[str, int] = field(default_factory=dict)
    _heater_changed_ms: int = field(init=False)
    _aeration_changed_ms: int = field(init=False)
    _last_bath_c: float | None = field(default=None, init=False)
    _tank_ok: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        """Outputs start off, and the heater waits its minimum off-time."""
        self._heater_changed_ms = self._aeration_changed_ms = self.now_ms

    def command(self, now_ms: int, name: str, action: str, duration_ms: int) -> str | None:
        """Carry out a command; the reason when it is refused, else None. 0 ms locks for ever, as in the original."""
        if name == "emergency":
            return self._command_emergency(now_ms, action)
        output = "aeration" if name == "fan" else name
        if output not in OUTPUTS or action not in ("on", "off", "auto"):
            return "unknown"
        if self.emergency:
            return "emergency"
        if output == "heater" and action == "on" and not self._tank_ok:
            return "tank"
        self.locked_until_ms.pop(output, None)
        if action == "on":
            self.locked_until_ms[output] = now_ms + duration_ms if duration_ms else FOREVER_MS
        if action != "auto":
            self._set(now_ms, output, action == "on")
        return None

    def _command_emergency(self, now_ms: int, action: str) -> str | None:
        if action not in ("on", "off"):
            return "unknown"
        self.emergency = action == "on"
        if self.emergency:
            self.locked_until_ms.clear()
            self._set_all(now_ms, {})
        return None

    def tick(self, now_ms: int) -> None:
        """What runs between control cycles: ends of locks, and the aeration timer."""
        for output, until_ms in tuple(self.locked_until_ms.items()):
            if now_ms >= until_ms:
                del self.locked_until_ms[output]
                self._set(now_ms, output, on=False)
        if self.settings.aeration_timer and not self.emergency and "aeration" not in self.locked_until_ms:
            on = self.on["aeration"]
            period_ms = self.settings.aeration_duration_ms if on else self.settings.aeration_interval_ms
            if now_ms - self._aeration_changed_ms >= period_ms:
                self._set(now_ms, "aeration", not on)

    def control(self, now_ms: int, readings: Readings) -> None:
        """One control cycle, once per report interval, as in the original."""
        bath_c = bath_temperature(readings.outlets_c)
        tank_c = readings.tank_c if readings.tank_c is not None and -10.0 < readings.tank_c < 120.0 else None
        self._tank_ok = tank_c is not None and tank_c < self.settings.tank_max_c
        if self.emergency:
            return
        if bath_c is None or bath_c >= self.settings.out_max_c:
            self.locked_until_ms.pop("heater", None)
            self.locked_until_ms.pop("pump", None)
            self._set_all(now_ms, {"aeration": self.on["aeration"]})
            return
        self._learn(bath_c)
        thresholds_k = pump_thresholds(self.settings, readings.core_c, self.boost_k)
        wish = (
            setpoint_wish(self.settings, bath_c, tank_c, thresholds_k[0])
            if self.settings.setpoint_mode
            else ncurve_wish(self.settings, readings, bath_c, thresholds_k, pump_on=self.on["pump"])
        )
        heat = self.on["heater"] if "heater" in self.locked_until_ms else wish.heat
        pump = self.on["pump"] if "pump" in self.locked_until_ms else wish.pump
        gap_limit_k = max(5.0, 1.6 * thresholds_k[0] + self.settings.nominal_hysteresis_k)
        too_wide = tank_c is not None and tank_c - bath_c >= gap_limit_k
        unsafe = not self._tank_ok or too_wide
        self._apply(now_ms, heat=heat and not unsafe, pump=pump or too_wide, at_once=unsafe)

    def _learn(self, bath_c: float) -> None:
        if self._last_bath_c is not None:
            alone = self.on["pump"] and not self.on["heater"]
            if alone and bath_c - self._last_bath_c < self.settings.progress_min_k:
                self.boost_k = min(self.settings.boost_max_k, self.boost_k + self.settings.step_up_k)
            else:
                self.boost_k = max(0.0, self.boost_k - self.settings.step_down_k)
        self._last_bath_c = bath_c

    def _apply(self, now_ms: int, *, heat: bool, pump: bool, at_once: bool) -> None:
        """Guards hold a change of the heater back, but never a safety off."""
        waited_ms = now_ms - self._heater_changed_ms
        needed_ms = self.settings.min_on_ms if self.on["heater"] else self.settings.min_off_ms
        if heat != self.on["heater"] and (waited_ms >= needed_ms or (at_once and not heat)):
            self._set(now_ms, "heater", heat)
        self._set(now_ms, "pump", pump)

    def _set(self, now_ms: int, output: str, on: bool) -> None:
        if self.on[output] == on:
            return
        self.on[output] = on
        if output == "heater":
            self._heater_changed_ms = now_ms
        elif output == "aeration":
            self._aeration_changed_ms = now_ms

    def _set_all(self, now_ms: int, on: Mapping[str, bool]) -> None:
        for output in OUTPUTS:
            self._set(now_ms, output, on.get(output, False))
