"""The one place where evidence becomes a level: hard rules, gas, the node's own grade and the model.

The most severe finding wins. A model can add a finding and never take one away, so whatever it says, a hard rule
holds (I7).
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from math import isfinite
from types import MappingProxyType
from typing import Final, NamedTuple

from .alarm_keeper import AlarmKeeper
from .alarm_life import LifeSettings
from .messages import Level
from .risk.card import ModelCard
from .state import AlarmState, BathCause, Cause, ClearCondition, Finding

_PRECEDENCE: Final = {cause: place for place, cause in enumerate((*Cause, *BathCause))}
# What a drill makes up: a cell that nobody has to look for in the recordings.
_DRILL: Final = Finding(
    Cause.TEMPERATURE, Level.DANGER, "temp_internal_c", 75.0, 60.0, ClearCondition.WHEN_ACKNOWLEDGED
)
# Windows further apart than this many intervals are no longer neighbours: the vote starts again.
_LARGEST_STEP: Final = 1.5
# A model that says nothing for this long has no say any more; its alarm stays latched.
_VOTE_EXPIRES_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class AlarmSettings:
    """Every threshold of the assessment. Temperatures in degC, rates in degC/s, times in seconds.

    Attributes:
        internal_warning_c: the grade limit of the original nodes. Chamber cycling at 50 degC reaches 51.6 without any
            fault, so it is a warning only.
        internal_danger_c: usual upper limit of discharge; nothing quiet in 1 042 recorded hours comes within 8 K of it.
        ambient_warning_c: as for the cell.
        ambient_danger_c: air at 70 degC is above what cells may be stored in and above any cabinet in the sun.
        hysteresis_k: a limit that was broken clears only this far below.
        confirm_s: a limit must be exceeded by two samples at least this far apart: one wrong sample is no evidence.
        rate_warning_c_per_s: above the steepest quiet recording (0.24, not held) and below every runaway.
        rate_danger_c_per_s: with ``rate_hold_s`` it finds 16 of 16 recorded runaways and nothing in 1 045 quiet
            hours; GB 38031 asks for 1 degC/s, which comes up to 46 s later on the same recordings.
        rate_hold_s: how long a rate must last.
        rate_warm_c: a rise alarms only above this, as GB 38031 does: a fingertip warms a sensor to 33 degC at most.
        rate_rise_k: or after a rise by this much, which no hand causes: a cold pack must not wait until it is warm.
        smoke_limit: infrared count of the MAX30105 that the original nodes call smoke.
        smoke_hold_s: how long it must last.
        gas_ratio: multiple of the learned baseline that counts, together with ``gas_rise_ppm``; the sensors are not
            calibrated.
        gas_rise_ppm: least rise in the node's own ppm.
        gas_hold_s: how long it must last. One gas is a warning, two or more (venting emits several at once) are danger.
        gas_warm_up_s: heated sensors are not judged before, counted from the boot of the node.
        level_hold_s: a level falls only after this long without the evidence for it.
        clear_hold_s: an acknowledged alarm clears after this long at NORMAL.
        warning_clear_s: an alarm that was no more than a warning clears by itself after this long without its cause.
        model_thresholds: alarm threshold 0..1 in place of the card's, by the name of the model it was chosen for.
    """

    internal_warning_c: float = 50.0
    internal_danger_c: float = 60.0
    ambient_warning_c: float = 50.0
    ambient_danger_c: float = 70.0
    hysteresis_k: float = 2.0
    confirm_s: float = 0.4
    rate_warning_c_per_s: float = 0.3
    rate_danger_c_per_s: float = 0.5
    rate_hold_s: float = 3.0
    rate_warm_c: float = 33.0
    rate_rise_k: float = 25.0
    smoke_limit: float = 750.0
    smoke_hold_s: float = 2.0
    gas_ratio: float = 3.0
    gas_rise_ppm: float = 50.0
    gas_hold_s: float = 5.0
    gas_warm_up_s: float = 180.0
    level_hold_s: float = 10.0
    clear_hold_s: float = 30.0
    warning_clear_s: float = 600.0
    model_thresholds: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        """Raise ValueError when a value is not finite, a warning is above its danger, or a threshold no probability."""
        for name in self.__slots__:
            value = getattr(self, name)
            if isinstance(value, float) and not isfinite(value):
                raise ValueError(f"{name} must be a finite number, got {value}")
        for low, high in (
            ("internal_warning_c", "internal_danger_c"),
            ("ambient_warning_c", "ambient_danger_c"),
            ("rate_warning_c_per_s", "rate_danger_c_per_s"),
        ):
            if getattr(self, low) > getattr(self, high):
                raise ValueError(f"{low} must be at most {high}, got {getattr(self, low)} and {getattr(self, high)}")
        if self.rate_warning_c_per_s <= 0 or self.gas_ratio <= 1 or self.hysteresis_k < 0:
            raise ValueError("rates must be positive, gas_ratio above 1 and hysteresis_k not negative")
        for model, threshold in self.model_thresholds.items():
            if not 0 < threshold <= 1:
                raise ValueError(f"the threshold of {model} must be above 0 and at most 1, got {threshold}")

    def model_threshold(self, card: ModelCard) -> float:
        """Return the alarm threshold of a model: the user's for this one, else the card's."""
        return self.model_thresholds.get(card.name, card.alarm.threshold)

    def model_warning(self, card: ModelCard) -> float:
        """Return the warning threshold of a model: the card's, or the alarm threshold where that is lower."""
        return min(card.warning.threshold, self.model_threshold(card))


class Estimate(NamedTuple):
    """What a model said of one window: channel, time of its end on the device's time line, probability 0..1."""

    channel: str
    time_s: float
    probability: float


class ModelVote:
    """k of n for one channel: the level that the latest windows of a model justify.

    Attributes:
        level: NORMAL until k of the last n windows reached a threshold; it falls when all windows of the card's hold
            time stay below its clear threshold.
        probability: the newest estimate, None before the first.
    """

    __slots__ = ("_alarm", "_card", "_recent", "_since_clear_s", "_time_s", "_warning", "level", "probability")

    def __init__(self, card: ModelCard, alarm_threshold: float | None = None) -> None:
        """Judge by ``card``; ``alarm_threshold`` replaces its own and lowers the others where they lie above."""
        self._card = card
        self._alarm = card.alarm.threshold if alarm_threshold is None else alarm_threshold
        self._warning = min(card.warning.threshold, self._alarm)
        self._recent: deque[float] = deque(maxlen=max(card.alarm.n, card.warning.n))
        self._time_s = float("-inf")
        self._since_clear_s: float | None = None
        self.level = Level.NORMAL
        self.probability: float | None = None

    @property
    def limit(self) -> float:
        """The threshold of the present level."""
        return self._alarm if self.level is Level.DANGER else self._warning

    def add(self, time_s: float, probability: float) -> None:
        """Take the estimate of one window; one that is not newer than the last is ignored."""
        if time_s <= self._time_s or not isfinite(probability):
            return
        recent = self._recent
        if time_s - self._time_s > _LARGEST_STEP * self._card.interval_s:
            recent.clear()
            self._since_clear_s = None
        self._time_s = time_s
        self.probability = probability
        recent.append(probability)
        if probability < self._warning and self.level is Level.NORMAL:
            return
        self._raise()
        self._fall(time_s, probability)

    def _raise(self) -> None:
        for level, vote, threshold in (
            (Level.DANGER, self._card.alarm, self._alarm),
            (Level.WARNING, self._card.warning, self._warning),
        ):
            newest = list(self._recent)[-vote.n :]
            if level > self.level and sum(value >= threshold for value in newest) >= vote.k:
                self.level = level

    def _fall(self, time_s: float, probability: float) -> None:
        if probability >= min(self._card.clear.threshold, self._warning):
            self._since_clear_s = None
            return
        if self._since_clear_s is None:
            self._since_clear_s = time_s
        if time_s - self._since_clear_s >= self._card.clear.hold_s:
            self.level = Level.NORMAL


class AlarmPolicy:
    """Fuses findings and estimates of one battery into its level, and lets an alarm come of it.

    Attributes:
        alarms: the alarm and the drill.
    """

    def __init__(self, settings: AlarmSettings, card: ModelCard | None = None) -> None:
        """Start at UNKNOWN; without ``card`` estimates are not judged."""
        self.alarms = AlarmKeeper(_life(settings), _DRILL)
        self._state = AlarmState()
        self._settings = settings
        self._card = card
        self._votes: dict[str, ModelVote] = {}
        self._voted_s = 0.0
        self._at_level_s = 0.0

    @property
    def state(self) -> AlarmState:
        """The newest assessment; the same object while nothing changes."""
        state, alarms = self._state, self.alarms
        if state.record is not alarms.record or state.drill is not alarms.is_drilling:
            state = self._state = replace(state, record=alarms.record, drill=alarms.is_drilling)
        return state

    def configure(self, settings: AlarmSettings, card: ModelCard | None) -> None:
        """Go on with other thresholds or another model; the alarm stays, the votes of another model do not."""
        if card is not self._card or settings.model_thresholds != self._settings.model_thresholds:
            self._votes.clear()
        self._settings, self._card = settings, card
        self.alarms.configure(_life(settings))

    def probability(self, channel: str) -> float | None:
        """Return the newest estimate for ``channel``, None when there is none that counts."""
        vote = self._votes.get(channel)
        return vote.probability if vote else None

    def model_level(self) -> Level:
        """Return the level that the model alone justifies, UNKNOWN when it has said nothing that counts."""
        return max((vote.level for vote in self._votes.values()), default=Level.UNKNOWN)

    def forget_model(self) -> None:
        """Drop all votes: the device restarted or the model is gone."""
        self._votes.clear()

    def update(
        self,
        now_s: float,
        at: datetime,
        evidence: tuple[Finding, ...],
        estimates: Iterable[Estimate] = (),
        *,
        known: bool = True,
    ) -> AlarmState:
        """Return the assessment at ``now_s`` (a monotone clock of ours; ``at`` is the same moment in UTC).

        ``evidence`` is everything that holds now, ``estimates`` what came from the model since the last call, in
        order. With ``known`` False and no finding the level is UNKNOWN. A level rises at once and falls after its
        hold.
        """
        for estimate in estimates:
            self._take(now_s, estimate)
        findings = self._findings(now_s, evidence)
        quiet = Level.NORMAL if known else Level.UNKNOWN
        level = findings[0].level if findings else quiet
        state = self._state
        if level >= state.level:
            self._at_level_s = now_s
        elif state.level >= Level.WARNING and now_s - self._at_level_s < self._settings.level_hold_s:
            level, findings = state.level, state.findings
        if level is not state.level or findings != state.findings:
            cause = findings[0].cause if findings else Cause.NONE
            self._state = replace(state, level=level, cause=cause, findings=findings)
        self.alarms.update(now_s, at, level, findings)
        return self.state

    def _take(self, now_s: float, estimate: Estimate) -> None:
        if self._card is None:
            return
        vote = self._votes.get(estimate.channel)
        if vote is None:
            vote = self._votes[estimate.channel] = ModelVote(self._card, self._settings.model_threshold(self._card))
        vote.add(estimate.time_s, estimate.probability)
        self._voted_s = now_s

    def _findings(self, now_s: float, evidence: tuple[Finding, ...]) -> tuple[Finding, ...]:
        if self._votes and now_s - self._voted_s > _VOTE_EXPIRES_S:
            self._votes.clear()
        modelled = [
            Finding(Cause.MODEL, vote.level, channel, vote.probability, vote.limit, ClearCondition.WHEN_BELOW)
            for channel, vote in self._votes.items()
            if vote.level > Level.NORMAL
        ]
        if not modelled and len(evidence) < 2:
            return evidence
        return most_severe_first((*evidence, *modelled))


def _life(settings: AlarmSettings) -> LifeSettings:
    return LifeSettings(settings.clear_hold_s, settings.warning_clear_s, settings.clear_hold_s + settings.level_hold_s)


def most_severe_first(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return ``findings`` by level, then by the precedence of their causes, then by channel."""
    return tuple(sorted(findings, key=lambda found: (-found.level, _PRECEDENCE[found.cause], found.channel)))
