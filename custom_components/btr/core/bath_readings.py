"""What a bath last said of itself, and what follows from it."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from .bath_settings import BathSettings
from .bath_temps import CORE, OUTLET, TANK, ProbeFilter, bath_temperature
from .bath_watch import GainWatch, HeaterMeter, StuckWatch
from .messages import BathTelemetry, Output, Receipt

NO_GAIN = "no_gain"
RELAY_STUCK = "relay_stuck"


class BathReadings:
    """Takes live telemetry only; `fields` are those of `BathState` that it determines.

    ``heater_was_on`` is what was last told of the heater, whatever may have happened since.
    ``bad_probes`` names the probes that gave nothing to believe twice in a row, ``bath_c`` for outlets that disagree.
    """

    def __init__(self, settings: BathSettings) -> None:
        """Start with nothing known."""
        self.tank_c: float | None = None
        self.bath_c: float | None = None
        self.outputs: Mapping[Output, bool] = MappingProxyType({})
        self.heater_was_on = False
        self.locks_ms: Mapping[Output, int] = MappingProxyType({})
        self.aeration_off_at: datetime | None = None
        self.bad_probes: frozenset[str] = frozenset()
        self.meter = HeaterMeter(settings.duty_window_s)
        self._settings = settings
        self._filter = ProbeFilter()
        self._gain = GainWatch(settings.no_gain_s, settings.no_gain_k)
        self._stuck = StuckWatch(settings.stuck_settle_s, settings.stuck_window_s, settings.stuck_rise_k)
        self._message: BathTelemetry | None = None
        self._heard_at: datetime | None = None
        self._core_c: float | None = None
        self._outlets_c: dict[int, float | None] = {}
        self._has_core = False
        self._has_tank = False
        self._probe_fault: bool | None = None
        self._bad_now: frozenset[str] = frozenset()

    @property
    def faults(self) -> frozenset[str]:
        """Every fault but of a probe that is active now, the device's own words and ours."""
        own = {NO_GAIN: self._no_gain, RELAY_STUCK: self._relay_stuck}
        told = self._message.faults if self._message else ()
        return frozenset(told) | {name for name, active in own.items() if active}

    def forget(self) -> None:
        """Start every trend again, outputs included: what happens until the next message is not known."""
        self.meter.forget()
        self._gain.forget()
        self._stuck.forget()
        self.outputs = MappingProxyType({})

    def take(self, message: BathTelemetry, receipt: Receipt, max_gap_s: float) -> None:
        """Take one live message; a longer silence than ``max_gap_s`` before it is not counted."""
        if self.outputs.get(Output.AERATION) and message.outputs.get(Output.AERATION) is False:
            self.aeration_off_at = receipt.at
        self.outputs = message.outputs
        self.heater_was_on = message.outputs.get(Output.HEATER, self.heater_was_on)
        self.locks_ms = message.locks_ms
        self._message = message
        self._heard_at = receipt.at
        self._take_temperatures(message)
        heater = message.outputs.get(Output.HEATER)
        self.meter.add(receipt.now_s, heater, max_gap_s)
        self._gain.add(receipt.now_s, heater, self.tank_c)
        self._stuck.add(receipt.now_s, heater, self.tank_c)

    def fields(self, mode: str | None) -> dict[str, Any]:
        """The fields of `BathState` that telemetry gives; ``mode`` stands in where the device does not tell its own."""
        message = self._message
        if message is None:
            return {"mode": mode, **self._heater_fields()}
        gap_k = None if self.tank_c is None or self.bath_c is None else self.tank_c - self.bath_c
        return {
            "core_c": self._core_c,
            "outlets_c": MappingProxyType(dict(sorted(self._outlets_c.items()))),
            "bath_c": self.bath_c,
            "tank_c": self.tank_c,
            "tank_minus_bath_k": gap_k,
            "outputs": self.outputs,
            "mode": message.mode or mode,
            "reason": message.reason,
            "boost_k": message.boost_k,
            "d_on_k": message.d_on_k,
            "faults": message.faults,
            "probe_fault": self._probe_fault,
            "no_gain": self._no_gain,
            "relay_stuck": self._relay_stuck,
            **self._heater_fields(),
            "last_message_at": self._heard_at,
        }

    def _heater_fields(self) -> dict[str, Any]:
        """What was counted in earlier runs of the program is known before the first message."""
        return {
            "heater_on_s": self.meter.count.on_s,
            "heater_cycles": self.meter.count.cycles,
            "heater_energy_kwh": self.meter.energy_kwh,
            "duty_cycle": self.meter.duty,
        }

    @property
    def _no_gain(self) -> bool | None:
        return self._told(NO_GAIN, self._gain.fault)

    @property
    def _relay_stuck(self) -> bool | None:
        return self._told(RELAY_STUCK, self._stuck.fault)

    def _told(self, fault: str, ours: bool) -> bool | None:
        """The device's own word where it sends any, else our judgement, None before the first message."""
        if self._message is None:
            return None
        return fault in self._message.faults if self._message.seq is not None else ours

    def _take_temperatures(self, message: BathTelemetry) -> None:
        self._has_core |= message.has_core
        self._has_tank |= message.has_tank
        self._core_c = self._filter.accept(CORE, 0, message.core_c)
        self.tank_c = self._filter.accept(TANK, 0, message.tank_c)
        numbers = sorted(self._outlets_c.keys() | message.outlets_c.keys())
        self._outlets_c = {n: self._filter.accept(OUTLET, n, message.outlets_c.get(n)) for n in numbers}
        self.bath_c, has_outlier = bath_temperature(tuple(self._outlets_c.values()), self._settings.probe_spread_k)
        bad_before, self._bad_now = self._bad_now, frozenset(self._find_bad(has_outlier=has_outlier))
        self._probe_fault = bool(self._bad_now)
        # One reading that could not be believed is no broken probe
        self.bad_probes = self._bad_now & bad_before

    def _find_bad(self, *, has_outlier: bool) -> Iterator[str]:
        if has_outlier:
            yield "bath_c"
        yield from (f"outlet_{number}" for number, celsius in self._outlets_c.items() if celsius is None)
        if self._has_core and self._core_c is None:
            yield "core_c"
        if self._has_tank and self.tank_c is None:
            yield "tank_c"
