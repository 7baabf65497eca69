"""I8: one alarm per event, reminded of until somebody has seen it, never more than once a minute."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from btr_core.alarm_keeper import DRILL_S, AlarmKeeper
from btr_core.alarm_life import LEAST_REMIND_S, RULES, LifeSettings
from btr_core.errors import CommandRefusedError
from btr_core.messages import Level
from btr_core.outcome import EventKind
from btr_core.state import NO_ALARM, BathCause, Cause, ClearCondition, Finding

START = datetime(2026, 1, 1, tzinfo=UTC)


def finding(cause, level=Level.DANGER) -> Finding:
    return Finding(cause, level, "temp_internal_c", 61.0, 60.0, ClearCondition.WHEN_BELOW)


HOT = finding(Cause.TEMPERATURE)
WARM = finding(Cause.TEMPERATURE, Level.WARNING)
STEEP = finding(Cause.RATE)
SMOKE = finding(Cause.SMOKE)
FORETOLD = finding(Cause.MODEL)
BROKEN = finding(Cause.SENSOR_FAULT, Level.WARNING)
SYNTHETIC = finding(Cause.TEMPERATURE)


class Guard:
    """A keeper on a clock of even steps, and what it had told by when."""

    step_s = 0.5

    def __init__(self, reminder_s: float | None = 300.0, kept=NO_ALARM, start_s: float = 0.0) -> None:
        self.keeper = AlarmKeeper(LifeSettings(), SYNTHETIC)
        self.keeper.reminder_s = reminder_s
        self.now_s = start_s
        self.told: list[tuple[float, str, bool]] = []
        self.data: list[dict] = []
        if kept is not NO_ALARM:
            self.keeper.restore(kept, self.now_s, self.at)

    @property
    def at(self) -> datetime:
        return START + timedelta(seconds=self.now_s)

    @property
    def kinds(self) -> list[str]:
        return [kind for _, kind, _ in self.told]

    def when(self, kind: str) -> list[float]:
        return [at_s for at_s, told, _ in self.told if told == kind]

    def sees(self, *findings: Finding, seconds: float = 0.5, known: bool = True):
        level = findings[0].level if findings else Level.NORMAL if known else Level.UNKNOWN
        for _ in range(max(1, round(seconds / self.step_s))):
            self.now_s += self.step_s
            self.keeper.update(self.now_s, self.at, level, findings)
            self.listens()
        return self.keeper.record

    def listens(self) -> None:
        for notice in self.keeper.take_notices():
            self.told.append((self.now_s, str(notice.kind), notice.drill))
            self.data.append(notice.data)

    def acknowledges(self):
        self.keeper.acknowledge(self.now_s)
        self.listens()
        return self.keeper.record

    def snoozes(self, minutes: float = 10):
        self.keeper.snooze(self.now_s, self.at, minutes * 60)
        self.listens()

    def restarts(self, away_s: float = 0.0):
        """The same keeper's record in a new program, whose monotone clock starts anywhere."""
        other = type(self)(self.keeper.reminder_s, self.keeper.record, self.now_s + away_s)
        other.told, other.data = self.told, self.data
        return other


# --- one alarm per event


def test_i8_a_warning_that_becomes_danger_is_one_alarm():
    guard = Guard()
    guard.sees(WARM, seconds=5)
    record = guard.sees(HOT, seconds=5)
    assert guard.kinds == ["raised", "escalated"]
    assert [data["level"] for data in guard.data] == ["warning", "danger"]
    assert record.raised_at == START + timedelta(seconds=0.5)


def test_i8_chatter_around_a_limit_is_one_alarm():
    guard = Guard(reminder_s=None)
    for _ in range(50):
        guard.sees(HOT, seconds=3)
        guard.sees(seconds=15)
    assert guard.kinds == ["raised"]


def test_i8_a_warning_that_swings_around_its_limit_is_one_alarm_and_ends_by_itself():
    guard = Guard(reminder_s=None)
    for _ in range(10):
        guard.sees(WARM, seconds=60)
        guard.sees(seconds=300)
    assert guard.kinds == ["raised"]
    guard.sees(seconds=301)
    assert guard.kinds == ["raised", "cleared"]
    guard.sees(WARM)
    assert guard.kinds == ["raised", "cleared", "raised"]


@pytest.mark.parametrize("cause", [Cause.SENSOR_FAULT, Cause.LOCAL_STATUS])
def test_a_broken_sensor_or_an_uncalibrated_count_wakes_nobody(cause):
    guard = Guard()
    guard.sees(finding(cause, Level.WARNING), seconds=3600)
    assert guard.kinds == []
    guard.sees(finding(Cause.LOCAL_STATUS))
    assert guard.kinds == ["raised"], "danger always does"


def test_every_cause_has_its_rule():
    assert RULES.keys() == {*Cause, *BathCause}


def test_danger_clears_only_when_it_was_seen_and_normal_for_thirty_seconds():
    guard = Guard(reminder_s=None)
    guard.sees(HOT)
    guard.sees(seconds=3600)
    assert guard.kinds == ["raised"]
    assert guard.acknowledges() is NO_ALARM
    assert guard.kinds == ["raised", "acknowledged", "cleared"]


def test_while_nothing_is_known_no_alarm_ends():
    guard = Guard(reminder_s=None)
    guard.sees(WARM)
    guard.sees(known=False, seconds=3600)
    assert guard.kinds == ["raised"]


# --- reminders


def test_i8_a_reminder_every_five_minutes_until_it_is_acknowledged():
    guard = Guard()
    guard.sees(HOT, seconds=1000)
    assert guard.when("reminder") == [300.5, 600.5, 900.5]
    guard.acknowledges()
    guard.sees(HOT, seconds=3600)
    assert len(guard.when("reminder")) == 3


def test_i8_reminders_can_be_turned_off_and_changed_at_any_time():
    guard = Guard(reminder_s=None)
    guard.sees(HOT, seconds=3600)
    assert guard.when("reminder") == []
    guard.keeper.reminder_s = 60.0
    guard.sees(HOT, seconds=150)
    assert guard.when("reminder") == [3600.5, 3660.5, 3720.5]


def test_a_warning_whose_cause_is_gone_is_not_reminded_of():
    guard = Guard(reminder_s=120.0)
    guard.sees(WARM, seconds=130)
    assert len(guard.when("reminder")) == 1
    guard.sees(seconds=590)
    assert len(guard.when("reminder")) == 1


# --- snooze


def test_i8_a_snooze_ends_and_the_reminder_comes_then():
    guard = Guard(reminder_s=60.0)
    guard.sees(HOT, seconds=30)
    guard.snoozes(10)
    assert guard.data[-1]["until"] == (START + timedelta(seconds=630)).isoformat()
    guard.sees(HOT, seconds=599.5)
    assert guard.kinds == ["raised", "snoozed"]
    record = guard.sees(HOT, seconds=0.5)
    assert guard.when("reminder") == [630.0]
    assert record.snoozed_until is None


@pytest.mark.parametrize("seconds", [59.0, 3601.0])
def test_a_snooze_lasts_a_minute_to_an_hour(seconds):
    guard = Guard()
    guard.sees(HOT)
    with pytest.raises(ValueError, match="60 s to 3600 s"):
        guard.keeper.snooze(guard.now_s, guard.at, seconds)


def test_there_must_be_something_to_snooze():
    guard = Guard()
    with pytest.raises(CommandRefusedError) as refused:
        guard.snoozes()
    assert refused.value.reason == "no_alarm_to_snooze"
    guard.sees(HOT)
    guard.acknowledges()
    with pytest.raises(CommandRefusedError):
        guard.snoozes()


def test_i8_a_higher_level_breaks_through_a_snooze():
    guard = Guard()
    guard.sees(WARM)
    guard.snoozes()
    record = guard.sees(HOT)
    assert guard.kinds == ["raised", "snoozed", "escalated"]
    assert record.snoozed_until is None
    guard.sees(HOT, seconds=301)
    assert guard.kinds[3:] == ["reminder"], "what broke through has ended the snooze"


def test_i8_a_new_hard_cause_breaks_through_a_snooze_and_an_acknowledgement():
    guard = Guard()
    guard.sees(HOT)
    guard.snoozes()
    guard.sees(HOT, SMOKE, seconds=5)
    assert guard.kinds == ["raised", "snoozed", "escalated"]
    assert guard.data[-1]["cause"] == "smoke"
    guard.acknowledges()
    guard.sees(HOT, SMOKE, finding(Cause.GAS), STEEP, seconds=60)
    assert guard.kinds[3:] == ["acknowledged"], "gas comes with smoke, and what is too hot has risen"


def test_a_cause_that_was_told_is_no_news_when_it_is_back():
    guard = Guard()
    for seen in ((HOT,), (SMOKE,), (HOT, SMOKE), (SMOKE,), (HOT,)):
        guard.sees(*seen, seconds=5)
    assert guard.kinds == ["raised", "escalated"]


def test_what_is_no_hard_cause_does_not_break_through():
    guard = Guard()
    guard.sees(HOT)
    guard.acknowledges()
    guard.sees(HOT, FORETOLD, finding(Cause.SILENCE), seconds=60)
    assert guard.kinds == ["raised", "acknowledged"]


def test_danger_that_had_died_down_has_to_be_seen_again():
    guard = Guard()
    guard.sees(HOT)
    guard.acknowledges()
    guard.sees(WARM, seconds=30)
    guard.sees(HOT, seconds=5)
    assert guard.kinds == ["raised", "acknowledged"]
    guard.sees(WARM, seconds=60)
    assert not guard.sees(HOT).acknowledged
    assert guard.kinds == ["raised", "acknowledged", "escalated"]


# --- restarts


def test_i8_after_a_restart_reminders_go_on_and_nothing_is_raised_twice():
    guard = Guard()
    guard.sees(HOT, seconds=200)
    guard = guard.restarts(away_s=20)
    guard.sees(known=False, seconds=30)
    guard.sees(HOT, seconds=100)
    assert guard.kinds == ["raised", "reminder"]
    assert guard.when("reminder") == [pytest.approx(300.5, abs=0.5)]


def test_i8_a_reminder_that_is_long_due_waits_a_minute_for_who_delivers_it():
    guard = Guard()
    guard.sees(HOT, seconds=10)
    guard = guard.restarts(away_s=7200)
    restarted_s = guard.now_s
    guard.sees(HOT, seconds=120)
    assert guard.when("reminder") == [restarted_s + 60]


def test_i8_an_acknowledgement_survives_a_restart():
    guard = Guard()
    guard.sees(HOT, seconds=10)
    guard.acknowledges()
    guard = guard.restarts(away_s=600)
    guard.sees(known=False, seconds=120)
    guard.sees(HOT, seconds=1200)
    assert guard.kinds == ["raised", "acknowledged"]
    guard.sees(seconds=30.5)
    assert guard.kinds[-1] == "cleared"


def test_i8_the_end_of_a_snooze_survives_a_restart():
    guard = Guard(reminder_s=60.0)
    guard.sees(HOT, seconds=10)
    guard.snoozes(30)
    guard = guard.restarts(away_s=300)
    guard.sees(HOT, seconds=1499)
    assert guard.when("reminder") == []
    guard.sees(HOT, seconds=2)
    assert guard.when("reminder") == [1810.0]


def test_a_wall_clock_that_was_years_behind_neither_prolongs_a_snooze_nor_holds_up_reminders():
    guard = Guard()
    guard.sees(HOT, seconds=10)
    guard.snoozes(10)
    record = guard.keeper.record
    late = Guard(kept=record)
    late.keeper.restore(record, late.now_s, START - timedelta(days=900))
    late.sees(HOT, seconds=3700)
    assert late.when("reminder")[0] == 3600


# --- drill


def test_a_drill_tells_everything_marks_it_and_ends_after_a_minute():
    guard = Guard()
    guard.keeper.start_drill(guard.now_s)
    guard.sees(seconds=90)
    assert [(at_s, kind) for at_s, kind, _ in guard.told] == [
        (0.5, "drill"),
        (0.5, "raised"),
        (10.0, "escalated"),
        (DRILL_S, "cleared"),
    ]
    assert all(drill for _, _, drill in guard.told)
    assert all(data["drill"] for data in guard.data)
    assert guard.keeper.record is NO_ALARM


def test_a_drill_is_acknowledged_and_snoozed_like_an_alarm():
    guard = Guard()
    guard.keeper.start_drill(guard.now_s)
    guard.sees(seconds=1)
    guard.snoozes(1)
    guard.sees(seconds=1)
    guard.acknowledges()
    guard.sees(seconds=90)
    assert guard.kinds == ["drill", "raised", "snoozed", "acknowledged", "escalated", "cleared"]


def test_a_real_alarm_ends_the_drill_at_once():
    guard = Guard()
    guard.keeper.start_drill(guard.now_s)
    guard.sees(seconds=5)
    guard.sees(HOT)
    assert [(kind, drill) for _, kind, drill in guard.told] == [
        ("drill", True),
        ("raised", True),
        ("cleared", True),
        ("raised", False),
    ]
    assert not guard.keeper.is_drilling


def test_no_drill_beside_a_real_alarm():
    guard = Guard()
    guard.sees(HOT)
    with pytest.raises(CommandRefusedError) as refused:
        guard.keeper.start_drill(guard.now_s)
    assert refused.value.reason == "alarm_stands"


def test_a_drill_that_runs_is_not_started_again_and_can_be_ended():
    guard = Guard()
    guard.keeper.start_drill(guard.now_s)
    guard.sees(seconds=5)
    guard.keeper.start_drill(guard.now_s)
    guard.keeper.end_drill()
    guard.keeper.end_drill()
    guard.sees(seconds=90)
    assert guard.kinds == ["drill", "raised", "cleared"]


# --- whatever happens


class SlowGuard(Guard):
    """Looks every five seconds: life is long, and tests are many."""

    step_s = 5.0


CAUSES = (set(Cause) | set(BathCause)) - {Cause.NONE}
FINDINGS = st.lists(
    st.builds(finding, st.sampled_from(sorted(CAUSES)), st.sampled_from([Level.WARNING, Level.DANGER])),
    max_size=3,
).map(lambda found: sorted(found, key=lambda one: -one.level))
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("sees"), FINDINGS, st.sampled_from([0.5, 20.0, 45.0, 130.0, 700.0])),
        st.tuples(st.just("knows nothing"), st.sampled_from([10.0, 400.0])),
        st.tuples(st.just("acknowledges")),
        st.tuples(st.just("snoozes"), st.integers(1, 60)),
        st.tuples(st.just("reminds"), st.one_of(st.none(), st.integers(1, 60))),
        st.tuples(st.just("restarts"), st.sampled_from([0.0, 30.0, 5000.0])),
        st.tuples(st.just("drills")),
    ),
    max_size=25,
)


def _step(guard: Guard, step) -> Guard:
    match step:
        case "sees", findings, seconds:
            guard.sees(*findings, seconds=seconds)
        case "knows nothing", seconds:
            guard.sees(seconds=seconds, known=False)
        case ("acknowledges",):
            guard.acknowledges()
        case "snoozes", minutes:
            try:
                guard.snoozes(minutes)
            except CommandRefusedError:
                assert guard.keeper.is_drilling or guard.keeper.record.acknowledged or not guard.keeper.record.is_open
        case "reminds", minutes:
            guard.keeper.reminder_s = None if minutes is None else 60.0 * minutes
        case "restarts", away_s:
            guard.keeper.end_drill()
            guard.listens()
            return guard.restarts(away_s)
        case ("drills",):
            try:
                guard.keeper.start_drill(guard.now_s)
            except CommandRefusedError:
                assert guard.keeper.record.is_open
            guard.listens()
    return guard


@given(STEPS)
def test_i8_whatever_happens_the_life_of_an_alarm_keeps_its_order(steps):
    guard: Guard = SlowGuard()
    for step in steps:
        guard = _step(guard, step)
        data = [notice for (_, _, drill), notice in zip(guard.told, guard.data, strict=True) if not drill]
        assert bool(data and data[-1]) or not guard.keeper.record.is_open
    reminded = guard.when(EventKind.REMINDER)
    assert all(b - a >= LEAST_REMIND_S for a, b in pairwise(reminded))
    for is_drill in (False, True):
        state = "cleared"
        for _, kind, drill in guard.told:
            if drill is not is_drill or kind == EventKind.DRILL:
                continue
            assert (kind == EventKind.RAISED) is (state == "cleared"), guard.told
            assert not (kind == EventKind.REMINDER and state == "acknowledged"), "an acknowledged alarm keeps quiet"
            state = {"reminder": state, "snoozed": state}.get(kind, kind)
