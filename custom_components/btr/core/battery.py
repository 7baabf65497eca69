"""One battery node: everything it says in, its state, its alarms and the corrections for it out.

Device time judges how fast things move, arrival time whether the node is alive. Nothing is decided in
:meth:`BatteryMonitor.handle`; the step of the hub does that, so that a burst of messages costs no more than its
samples.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .alarm import AlarmPolicy, AlarmSettings
from .alarm_keeper import AlarmKeeper
from .alarm_life import times_of
from .black_box import BlackBox
from .channel import TemperatureChannel
from .clock import DeviceClock, Order
from .codec import encode_correction
from .correction import CorrectionPolicy, CorrectionSettings, NodeView
from .freshness import Freshness
from .judge import CHANNELS, SampleJudge
from .kept import GasBaselines
from .messages import Availability, BatteryRegister, BatterySample, DeviceKey, Level, Message, Publish, Receipt
from .outcome import NOTHING, Event, EventKind, Outcome, Scalar
from .predictions import Predictions
from .risk.card import ModelCard
from .state import AlarmState, BatteryState, Cause, ClearCondition, Finding
from .topics import TopicConfig
from .window import DEFAULT_INTERVAL_S, DEFAULT_LENGTH, ChannelWindows, GridWindow, take_complete

_TARGET_C: Final = 80.0
# What a model or a rule of our own says; without any of it a baseline may be learned.
_EVIDENCE: Final = frozenset({Cause.TEMPERATURE, Cause.RATE, Cause.SMOKE, Cause.GAS, Cause.MODEL, Cause.SILENCE})


@dataclass(frozen=True, slots=True)
class MonitorSettings:
    """Settings of one battery.

    Attributes:
        period_s: time between two samples as the node is set; a slower rhythm is learned from its messages.
        silence_s: how long a node that was not NORMAL, or was warming up, may be silent before that is an alarm: a
            reboot takes 5 s to 10 s.
    """

    alarm: AlarmSettings = field(default_factory=AlarmSettings)
    correction: CorrectionSettings = field(default_factory=CorrectionSettings)
    period_s: float = 0.5
    silence_s: float = 10.0

    def __post_init__(self) -> None:
        """Raise ValueError when a time is not positive and finite."""
        if not (0 < self.period_s <= 60 and 0 < self.silence_s <= 3600):
            raise ValueError(
                f"need 0 < period_s <= 60 and 0 < silence_s <= 3600, got {self.period_s} and {self.silence_s}"
            )


class BatteryMonitor:
    """Turns the messages of one node into its state; all times are arguments."""

    def __init__(
        self,
        device: DeviceKey,
        settings: MonitorSettings,
        topics: TopicConfig,
        card: ModelCard | None = None,
        *,
        black_box: BlackBox | None = None,
    ) -> None:
        """Start with nothing heard: offline and UNKNOWN. ``topics`` says where corrections go."""
        self.black_box = BlackBox() if black_box is None else black_box
        self._device = device
        self._settings = settings
        self._topics = topics
        self._predictions = Predictions(card)
        self._state = BatteryState(device)
        self._clock = DeviceClock()
        self._time_s = 0.0
        self._booted_s: float | None = None
        self._judge = SampleJudge(settings.alarm)
        self._judge.use_windows(_window(card), _window(card))
        self._freshness = Freshness(settings.period_s)
        self._policy = AlarmPolicy(settings.alarm, card)
        self._correction = CorrectionPolicy(settings.correction)
        self._worried = False
        self._register: BatteryRegister | None = None
        self._last_message_at: datetime | None = None
        self._malformed = 0
        self._changed = True
        self._online = False
        self._events: list[Event] = []

    @property
    def state(self) -> BatteryState:
        """What is known since the last :meth:`update`; the same object while nothing changes."""
        return self._state

    @property
    def alarms(self) -> AlarmKeeper:
        """The alarm and the drill; what is done with them counts at the next :meth:`update`."""
        return self._policy.alarms

    @property
    def model_threshold(self) -> float | None:
        """The probability 0..1 from which the model at work says DANGER, None without one."""
        card = self._predictions.card
        return None if card is None else self._settings.alarm.model_threshold(card)

    @property
    def _model_warning(self) -> float:
        card = self._predictions.card
        return 0.0 if card is None else self._settings.alarm.model_warning(card)

    @property
    def card(self) -> ModelCard | None:
        """The card of the model at work."""
        return self._predictions.card

    def configure(self, settings: MonitorSettings) -> None:
        """Go on with other settings; alarm, baselines and windows stay."""
        self._settings = settings
        self._judge.configure(settings.alarm)
        self._policy.configure(settings.alarm, self._predictions.card)
        self._correction.settings = settings.correction
        self._changed = True

    def use_card(self, card: ModelCard | None) -> None:
        """Go on with another model or the rules alone; answers under way no longer count.

        A model on the same grid judges the next sample already, for one on another the windows start again.
        """
        if card is None or _grid(card) != _grid(self._predictions.card):
            self._judge.use_windows(_window(card), _window(card))
        self._predictions.use_card(card, self._time_s)
        self._policy.configure(self._settings.alarm, card)
        self._policy.forget_model()
        self._changed = True

    def use_shadow(self, card: ModelCard | None) -> None:
        """Let a second model watch without any say, None for none; what it counted starts again."""
        self._predictions.use_shadow(card)
        for channel in self._channels:
            channel.shadow_window = None if card is None else _window(card)
        self._changed = True

    def handle(self, message: Message, receipt: Receipt) -> None:
        """Take one decoded message of this node. Retained and late samples are history and change no state (I2)."""
        if isinstance(message, BatterySample):
            if not receipt.retained:
                self._take_sample(message, receipt)
        elif isinstance(message, Availability):
            if not message.online:
                self._freshness.goodbye()
        elif isinstance(message, BatteryRegister):
            self._register = message
            self._changed = True

    def note_malformed(self) -> None:
        """Count a message of this node that could not be read."""
        self._malformed += 1
        self._changed = True

    def take_windows(self) -> tuple[ChannelWindows, ...]:
        """Return every window that became complete since the last call, channels without any left out."""
        return take_complete((channel.name, channel.window) for channel in self._channels)

    def take_shadow_windows(self) -> tuple[ChannelWindows, ...]:
        """Return the same for the model in the shadow; empty without one."""
        return take_complete((channel.name, channel.shadow_window) for channel in self._channels)

    def apply_risk(
        self, channel: str, times_s: Sequence[float] | NDArray[np.float64], probabilities: NDArray[np.float32]
    ) -> None:
        """Take the probabilities of windows of :meth:`take_windows`; they count at the next :meth:`update`.

        Answers to windows of an earlier model are ignored, and the vote ignores what is not newer than what it has.
        """
        self._predictions.add(channel, times_s, probabilities)

    def apply_shadow_risk(
        self, channel: str, times_s: Sequence[float] | NDArray[np.float64], probabilities: NDArray[np.float32]
    ) -> None:
        """Take the probabilities of windows of :meth:`take_shadow_windows`; they are shown and counted, no more."""
        if self._predictions.shadow is not None:
            self._predictions.shadow.apply(channel, times_s, probabilities)

    def baselines(self) -> GasBaselines | None:
        """Return what was learned of the gas sensors since the last restart, None when that is nothing."""
        channels = self._judge.gas.baselines
        return GasBaselines(self._last_message_at, channels) if channels and self._last_message_at else None

    def restore_baselines(self, kept: GasBaselines, at: datetime) -> None:
        """Go on with baselines from before a restart, unless they are too old at ``at``."""
        self._judge.gas.restore(kept.channels, (at - kept.learned_at).total_seconds())

    def release(self) -> tuple[Publish, ...]:
        """Return what to send before nobody watches the node any more.

        An original node keeps a `normal` of ours for as long as its own DANGER lasts (H3), so it gets its DANGER back.
        """
        if not self._correction.release():
            return ()
        return (encode_correction(self._topics, self._device, Level.DANGER),)

    def update(self, now_s: float, at: datetime) -> Outcome:
        """Step to ``now_s`` (monotone seconds; ``at`` is the same moment in UTC): judge, announce, correct."""
        online = self._freshness.is_online(now_s)
        if online is not self._online:
            self._online = online
            self._changed = True
            self._event(EventKind.CAME_ONLINE if online else EventKind.WENT_OFFLINE, {})
        self._assess(now_s, at, online=online)
        alarm = self._policy.state
        if alarm is not self._state.alarm:
            self._changed = True
        for notice in self.alarms.take_notices():
            self._event(notice.kind, {**notice.data, "model_score": self._score})
        publishes = self._correct(now_s, alarm, online=online)
        if self._changed:
            self._changed = False
            self._state = self._build_state()
        if not publishes and not self._events:
            return NOTHING
        events, self._events = tuple(self._events), []
        return Outcome(publishes, events)

    def _take_sample(self, sample: BatterySample, receipt: Receipt) -> None:
        if sample.late:
            self.black_box.add_late(sample, receipt.now_s)
            return
        reading = self._clock.read(sample.timestamp_ms, receipt.now_s)
        if reading.order in (Order.DUPLICATE, Order.STALE):
            return
        if reading.order is Order.REBOOT:
            self._judge.restart()
            self._booted_s = None
        time_s = self._time_s = reading.time_s
        if self._booted_s is None and sample.timestamp_ms is not None:
            self._booted_s = time_s - sample.timestamp_ms / 1000.0
        self._freshness.heard(receipt.now_s)
        self._last_message_at = receipt.at
        self._changed = True
        up_s = None if self._booted_s is None else time_s - self._booted_s
        may_learn = not any(found.cause in _EVIDENCE for found in self._policy.state.findings)
        self._judge.add(time_s, up_s, sample, may_learn=may_learn)
        believed = self._judge.internal.value_c, self._judge.ambient.value_c
        self.black_box.add(sample, *believed, time_s=time_s, now_s=receipt.now_s, at=receipt.at)

    def _assess(self, now_s: float, at: datetime, *, online: bool) -> None:
        predictions, shadow = self._predictions, self._predictions.shadow
        estimates = predictions.take(now_s)
        shadow_changed = shadow is not None and shadow.update(now_s)
        state = self._policy.update(now_s, at, self._evidence(now_s, online=online), estimates, known=online)
        if online:
            self._worried = state.level >= Level.WARNING or self._judge.internal.is_rising
        expired = predictions.follow(now_s, self._policy.model_level(), self._judge.telling, self._model_warning)
        if estimates or expired or shadow_changed:
            self._changed = True

    def _evidence(self, now_s: float, *, online: bool) -> tuple[Finding, ...]:
        evidence = self._judge.findings
        if evidence:
            # A last will may come between a reading and the step that judges it; the reading counts all the same.
            self._worried = True
        heard_s = self._freshness.heard_s
        if not online and self._worried and heard_s is not None and now_s - heard_s >= self._settings.silence_s:
            limit_s = self._settings.silence_s
            return (
                *evidence,
                Finding(Cause.SILENCE, Level.DANGER, "availability", limit_s, limit_s, ClearCondition.WHEN_HEARD),
            )
        return evidence

    @property
    def _score(self) -> float | None:
        risk = self._predictions.risk
        return round(risk, 3) if risk is not None else None

    def _correct(self, now_s: float, alarm: AlarmState, *, online: bool) -> tuple[Publish, ...]:
        calm_s = self._predictions.calm_s(now_s)
        holding = self._correction.holding
        view = NodeView(online, self._judge.shown, self._judge.local, calm_s, self._judge.all_judged)
        level = self._correction.update(now_s, alarm, view)
        if self._correction.holding is not holding:
            self._changed = True
        if level is None:
            return ()
        if self._correction.is_new:
            data = {"level": level.key, "shown": self._judge.shown.key, "local": self._judge.local.key}
            times = times_of(alarm.record)
            told = {**self._why(level, alarm), **data, **times, "drill": False, "model_score": self._score}
            self._event(EventKind.CORRECTION_SENT, told)
        return (encode_correction(self._topics, self._device, level),)

    def _why(self, level: Level, alarm: AlarmState) -> Mapping[str, Scalar]:
        if level is not Level.NORMAL:
            return _reason(alarm)
        risks = self._predictions.risks
        channel = max(risks, key=risks.__getitem__)
        return {
            "cause": Cause.MODEL.value,
            "channel": channel,
            "value": risks[channel],
            "limit": self._model_warning,
        }

    def _event(self, kind: EventKind, data: Mapping[str, Scalar]) -> None:
        self._events.append(Event(kind, self._device, MappingProxyType(dict(data))))

    @property
    def _channels(self) -> tuple[TemperatureChannel, TemperatureChannel]:
        return self._judge.internal, self._judge.ambient

    def _build_state(self) -> BatteryState:
        judge, online, predictions = self._judge, self._online, self._predictions
        shadow = predictions.shadow.state if predictions.shadow is not None else None
        rate_hz = self._freshness.rate_hz
        if not online:
            return BatteryState(
                device=self._device,
                alarm=self._policy.state,
                shadow=shadow,
                correction=self._correction.holding,
                register=self._register,
                last_message_at=self._last_message_at,
                malformed_messages=self._malformed,
            )
        return BatteryState(
            device=self._device,
            online=True,
            alarm=self._policy.state,
            **{name: judge.values.get(name) for name in CHANNELS},
            rate_c_per_s=judge.internal.rate_c_per_s,
            risk=predictions.risk,
            risk_internal=predictions.risks.get("temp_internal_c"),
            risk_ambient=predictions.risks.get("temp_ambient_c"),
            shadow=shadow,
            time_to_80_s=judge.internal.seconds_to(_TARGET_C),
            local_status=judge.local,
            shown_status=judge.shown,
            gas=judge.gas.has_gas,
            smoke=judge.gas.has_smoke,
            sensor_fault=judge.has_fault,
            correction=self._correction.holding,
            register=self._register,
            last_message_at=self._last_message_at,
            message_rate_hz=round(rate_hz, 2) if rate_hz is not None else None,
            malformed_messages=self._malformed,
        )


def _grid(card: ModelCard | None) -> tuple[int, float]:
    return (DEFAULT_LENGTH, DEFAULT_INTERVAL_S) if card is None else (card.sequence_length, card.interval_s)


def _window(card: ModelCard | None) -> GridWindow:
    return GridWindow(*_grid(card))


def _reason(alarm: AlarmState) -> Mapping[str, Scalar]:
    """Return the most severe finding as plain values: level, cause, channel, value and limit."""
    worst = alarm.findings[0] if alarm.findings else alarm.record.reason
    if worst is None:
        return {"level": alarm.level.key, "cause": alarm.cause.value}
    return {
        "level": alarm.level.key,
        "cause": worst.cause.value,
        "channel": worst.channel,
        "value": worst.value,
        "limit": worst.limit,
    }
