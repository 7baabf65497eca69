"""Everything that one sample of a node is judged by, apart from time of arrival, model and alarm."""

from typing import Final

from . import original
from .alarm import AlarmSettings
from .channel import TemperatureChannel, ambient_limits, internal_limits
from .faults import FaultMonitor
from .gas import GAS_CHANNELS, SMOKE_CHANNEL, GasMonitor
from .messages import BatterySample, Level
from .plausibility import AMBIENT, INTERNAL, SMOKE_SENSOR, ChannelSpec, PlausibilityFilter
from .state import Cause, ClearCondition, Finding
from .window import GridWindow

CHANNELS: Final = (
    "temp_internal_c",
    "temp_ambient_c",
    "humidity_percent",
    *GAS_CHANNELS,
    "voc_index",
    SMOKE_CHANNEL,
    "max30105_temp_c",
)
# Readings outside mean a sensor that failed. The VOC signal is 0 when its sensor failed.
_OTHER: Final = (
    ChannelSpec("humidity_percent", 0.0, 100.0),
    *(ChannelSpec(name, 0.0, 1e6) for name in GAS_CHANNELS),
    ChannelSpec("voc_index", 1e-9, 1e6),
    ChannelSpec(SMOKE_CHANNEL, 0.0, 1e6),
    SMOKE_SENSOR,
)
# What may be called faulty: a stamp or a status that cannot be read is no sensor.
_FAULTY: Final = frozenset({*CHANNELS, "fault"})
_VENTING: Final = 2
_SHT4X: Final = ("temp_ambient_c", "humidity_percent")


class SampleJudge:
    """Judges the samples of one node in the order of their device time.

    Attributes:
        internal, ambient: the two temperature channels with their windows.
        gas: gas and smoke.
        values: believed value by channel of the latest sample, None where there is none; empty before the first.
        local: the node's own grade without any override, as it says or as its fields say.
        shown: the level that it shows.
        telling: the channels that an original node counts and that say something about a cell.
        all_judged: False while the node's grade counts what nothing here can deny: a gas without a baseline, two gases
            at once, the thermometer of the smoke sensor.
    """

    def __init__(self, settings: AlarmSettings) -> None:
        """Start without a sample."""
        self.internal = TemperatureChannel(INTERNAL, internal_limits(settings))
        self.ambient = TemperatureChannel(AMBIENT, ambient_limits(settings))
        self.gas = GasMonitor(settings)
        self.values: dict[str, float | None] = {}
        self.local = self.shown = Level.UNKNOWN
        self.all_judged = True
        self.telling: frozenset[str] = frozenset()
        self._others = tuple(PlausibilityFilter(spec) for spec in _OTHER)
        self._faults = FaultMonitor()
        self._grade_finding: tuple[Finding, ...] = ()
        self._seen: set[str] = set()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Everything that holds after the latest sample, in no order."""
        return (
            self.internal.findings
            + self.ambient.findings
            + self.gas.findings
            + self._faults.findings
            + self._grade_finding
        )

    @property
    def has_fault(self) -> bool | None:
        """True while a sensor fault is confirmed, None before the first sample."""
        return bool(self._faults.findings) if self.values else None

    def configure(self, settings: AlarmSettings) -> None:
        """Go on with other limits."""
        self.internal.configure(internal_limits(settings))
        self.ambient.configure(ambient_limits(settings))
        self.gas.configure(settings)

    def use_windows(self, internal: GridWindow, ambient: GridWindow) -> None:
        """Collect windows of another shape from now on."""
        self.internal.window, self.ambient.window = internal, ambient

    def restart(self) -> None:
        """Take note of a reboot of the node."""
        self.internal.restart()
        self.ambient.restart()
        self.gas.restart()

    def add(self, time_s: float, up_s: float | None, sample: BatterySample, *, may_learn: bool) -> None:
        """Take one live sample at ``time_s`` of the device's time line, ``up_s`` after its boot (None: unknown)."""
        readings: dict[str, float | None] = {name: getattr(sample, name) for name in CHANNELS}
        bad = set(sample.bad_fields)
        if sample.fault:
            bad.add("fault")
        if readings["temp_ambient_c"] == 0.0 and readings["humidity_percent"] == 0.0:
            # The SHT4x of an original node that never answered since the boot: both exactly zero.
            bad.update(_SHT4X)
            readings.update(dict.fromkeys(_SHT4X))
        if sample.gas_ready is False and sample.voc_raw is not None:
            # The SGP41 measures, but its index comes with the conditioning.
            bad.discard("voc_index")
        values = self.values = self._believed(time_s, readings)
        may_learn = may_learn and sample.local_status in (None, Level.NORMAL)
        self.gas.update(time_s, values, up_s=up_s, ready=sample.gas_ready, may_learn=may_learn)
        for name, value in values.items():
            if value is not None:
                self._seen.add(name)
            elif readings[name] is not None or name in self._seen:
                bad.add(name)
        self._faults.update(time_s, bad.intersection(_FAULTY) if bad else ())
        self._grade(sample, readings)

    def _believed(self, time_s: float, readings: dict[str, float | None]) -> dict[str, float | None]:
        self.internal.add(time_s, readings["temp_internal_c"])
        self.ambient.add(time_s, readings["temp_ambient_c"])
        values = {"temp_internal_c": self.internal.value_c, "temp_ambient_c": self.ambient.value_c}
        for other in self._others:
            name = other.spec.name
            values[name] = other.check(time_s, readings[name])
        return values

    def _grade(self, sample: BatterySample, readings: dict[str, float | None]) -> None:
        self.shown = sample.status if sample.status is not None else Level.UNKNOWN
        self.all_judged = True
        self.telling = frozenset()
        if sample.local_status is not None:
            self.local = sample.local_status
            self._grade_finding = _graded("local_status", self.local, None)
            return
        if all(value is None for value in readings.values()):
            self.local = self.shown
            self._grade_finding = _graded("status", min(self.local, Level.WARNING), None)
            return
        over = original.channels_over(readings)
        self.local = original.grade(over)
        # The node counts an unplugged sensor as hot; that is its grade, but no evidence.
        telling = self.telling = frozenset(
            name for name in original.without_context(over) if self.values[name] is not None
        )
        # A baseline may have been learned in a leak that was there first, and venting emits several gases at once: two
        # of them over the node's limits are never called normal.
        gases = telling.intersection(GAS_CHANNELS)
        self.all_judged = (
            len(gases) < _VENTING and SMOKE_SENSOR.name not in telling and all(self.gas.is_judged(n) for n in gases)
        )
        # A count of uncalibrated channels is no reason for an alarm (H1, H5); ours grade themselves by rules and are
        # believed.
        self._grade_finding = _graded("status", Level.WARNING, float(len(over))) if telling else ()


def _graded(channel: str, level: Level, count: float | None) -> tuple[Finding, ...]:
    if level < Level.WARNING:
        return ()
    limit = 1.0 if count is not None else None
    return (Finding(Cause.LOCAL_STATUS, level, channel, count, limit, ClearCondition.WHEN_BELOW),)
