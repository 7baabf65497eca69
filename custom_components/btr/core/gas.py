"""Smoke, and gas against a baseline that is learned on the spot.

The "ppm" of the original nodes is a straight line through the ADC without calibration (H5), so an absolute limit
means nothing. What venting does mean something: several heated sensors rise to a multiple of their own quiet level
within seconds. Humidity is context and the VOC signal falls with more VOC; neither is judged here.
"""

from collections.abc import Mapping
from typing import Final

from .alarm import AlarmSettings
from .kept import Baseline
from .messages import Level
from .rate import Hold
from .state import Cause, ClearCondition, Finding

GAS_CHANNELS: Final = ("mq2_ppm", "mq4_ppm", "mq7_ppm", "mq8_ppm")
SMOKE_CHANNEL: Final = "max30105_smoke"

_SAMPLES: Final = 3
# The first baseline is the mean of this long; then it follows so slowly that an hour of a leak cannot hide in it.
_FIRST_LEARNING_S: Final = 30.0
_FOLLOW_S: Final = 3600.0
_LONGEST_STEP_S: Final = 10.0
# A baseline that rises further above its lowest is following a slow leak: more than a room does to these sensors.
_MOST_RISE: Final = 2.0
# A finding clears at this share of the limits that raised it.
_CLEAR_SHARE: Final = 0.6
# Within a day a room goes once through its temperature and its humidity, which move these sensors by a factor of two at
# most (data sheets, -10 degC to 50 degC), below the three that count. After more than that the sensor may have been
# moved, changed or without power for so long that it needs a day to settle: rather learn again than go by it.
_TRUSTED_S: Final = 24 * 3600.0
# Below this a baseline is noise, and its multiple too.
_LEAST_BASELINE_PPM: Final = 5.0


class _Gas:
    """One gas channel: its baseline and whether it stands out."""

    __slots__ = ("_anchor", "_hold", "_learned_s", "_mean", "_time_s", "is_high", "limit", "value")

    def __init__(self, hold_s: float) -> None:
        self._hold = Hold(hold_s, _SAMPLES)
        self._anchor = 0.0
        self._mean = 0.0
        self._learned_s = 0.0
        self._time_s: float | None = None
        self.is_high = False
        self.value: float | None = None
        self.limit: float | None = None

    @property
    def is_known(self) -> bool:
        return self._learned_s >= _FIRST_LEARNING_S

    def update(self, time_s: float, value: float, settings: AlarmSettings, *, may_learn: bool) -> None:
        step_s = 0.0 if self._time_s is None else min(time_s - self._time_s, _LONGEST_STEP_S)
        self._time_s = time_s
        self.value = value
        if not self.is_known:
            if may_learn:
                self._learn(value, step_s)
            return
        base = max(self._mean, _LEAST_BASELINE_PPM)
        self.limit = max(base * settings.gas_ratio, base + settings.gas_rise_ppm)
        clear = base + _CLEAR_SHARE * (self.limit - base)
        self.is_high = self._hold.update(time_s, value >= self.limit) or (self.is_high and value >= clear)
        if may_learn and value < clear:
            self._learn(value, step_s)

    @property
    def baseline(self) -> Baseline | None:
        return Baseline(self._mean, self._learned_s, self._anchor) if self.is_known else None

    def restore(self, baseline: Baseline, trust: float) -> None:
        self._mean = baseline.mean
        self._anchor = baseline.mean if baseline.anchor is None else min(baseline.anchor, baseline.mean)
        # The older it is, the faster it gives way to what is read now
        self._learned_s = max(min(baseline.learned_s, _FOLLOW_S) * trust, _FIRST_LEARNING_S)

    def restart(self) -> None:
        self._hold.reset()
        self._time_s = None

    def _learn(self, value: float, step_s: float) -> None:
        is_first = not self.is_known
        self._learned_s += step_s
        weight = step_s / min(max(self._learned_s, step_s), _FOLLOW_S) if step_s else 0.0
        self._mean += weight * (value - self._mean)
        self._anchor = self._mean if is_first else min(self._anchor, self._mean)
        self._mean = min(self._mean, _MOST_RISE * max(self._anchor, _LEAST_BASELINE_PPM))


class GasMonitor:
    """Judges gas and smoke of one node.

    Attributes:
        findings: what holds now; the same empty tuple while nothing does.
        has_gas: True while a gas stands out, False while none does, None while nothing can be said.
        has_smoke: the same for smoke.
    """

    __slots__ = ("_gases", "_settings", "_smoke", "_smoke_high", "findings", "has_gas", "has_smoke")

    def __init__(self, settings: AlarmSettings) -> None:
        """Start without any baseline."""
        self._settings = settings
        self._gases = {name: _Gas(settings.gas_hold_s) for name in GAS_CHANNELS}
        self._smoke = Hold(settings.smoke_hold_s, _SAMPLES)
        self._smoke_high = False
        self.findings: tuple[Finding, ...] = ()
        self.has_gas: bool | None = None
        self.has_smoke: bool | None = None

    def is_judged(self, channel: str) -> bool:
        """Return whether ``channel`` has a baseline, so that its silence means something."""
        return self._gases[channel].is_known

    @property
    def baselines(self) -> dict[str, Baseline]:
        """What was learned so far, by channel; channels without a baseline are left out."""
        return {name: gas.baseline for name, gas in self._gases.items() if gas.baseline is not None}

    def restore(self, baselines: Mapping[str, Baseline], age_s: float) -> None:
        """Go on with baselines from before a restart, ``age_s`` after they were learned; not with any over a day old.

        Without them the first minute after a restart would be learned as quiet, whatever leaks in it.
        """
        trust = 1.0 - max(age_s, 0.0) / _TRUSTED_S
        if trust <= 0.0:
            return
        for name in self._gases.keys() & baselines.keys():
            self._gases[name].restore(baselines[name], trust)

    def configure(self, settings: AlarmSettings) -> None:
        """Go on with other limits; what was learned stays."""
        self._settings = settings
        self._smoke = Hold(settings.smoke_hold_s, _SAMPLES)

    def restart(self) -> None:
        """Take note of a reboot: the sensors are cold again. Baselines and findings stay until a reading denies."""
        self._smoke.reset()
        for gas in self._gases.values():
            gas.restart()

    def update(
        self,
        time_s: float,
        readings: Mapping[str, float | None],
        *,
        up_s: float | None,
        ready: bool | None,
        may_learn: bool,
    ) -> None:
        """Take the readings of one sample; missing channels are None.

        ``up_s`` is the time since the node's boot (None: unknown, taken for long), ``ready`` its own word on its gas
        sensors. With ``may_learn`` the baselines follow. Gas is not judged before the warm-up.
        """
        self._judge_smoke(time_s, readings.get(SMOKE_CHANNEL))
        warm = ready is not False and (up_s is None or up_s >= self._settings.gas_warm_up_s)
        if warm:
            for name, gas in self._gases.items():
                value = readings.get(name)
                if value is not None:
                    gas.update(time_s, value, self._settings, may_learn=may_learn)
        if self._smoke_high or self.findings or any(gas.is_high for gas in self._gases.values()):
            self.findings = self._found(readings.get(SMOKE_CHANNEL))
        if warm:
            self.has_gas = self._has_gas()

    def _judge_smoke(self, time_s: float, value: float | None) -> None:
        if value is None:
            return
        limit = self._settings.smoke_limit
        self._smoke_high = self._smoke.update(time_s, value > limit) or (
            self._smoke_high and value > _CLEAR_SHARE * limit
        )
        self.has_smoke = self._smoke_high

    def _has_gas(self) -> bool | None:
        known = [gas.is_high for gas in self._gases.values() if gas.is_known]
        return any(known) if known else None

    def _found(self, smoke: float | None) -> tuple[Finding, ...]:
        below = ClearCondition.WHEN_BELOW
        high = [(name, gas) for name, gas in self._gases.items() if gas.is_high]
        level = Level.DANGER if len(high) > 1 else Level.WARNING
        found = [Finding(Cause.GAS, level, name, gas.value, gas.limit, below) for name, gas in high]
        if self._smoke_high:
            limit = self._settings.smoke_limit
            found.insert(0, Finding(Cause.SMOKE, Level.DANGER, SMOKE_CHANNEL, smoke, limit, below))
        return tuple(found)
