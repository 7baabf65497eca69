"""A drill tells what an alarm tells, marks it, and is never mistaken for one; whatever happens, the order is kept."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from btr_core.alarm_keeper import DRILL_S
from btr_core.alarm_life import LEAST_REMIND_S
from btr_core.errors import CommandRefusedError
from btr_core.messages import Level
from btr_core.outcome import EventKind
from btr_core.state import NO_ALARM, BathCause, Cause
from tests.core.alarm_story import HOT, Guard, finding

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


def test_the_end_of_a_drill_that_a_restart_has_cut_is_told_once():
    guard = Guard()
    guard.keeper.start_drill(guard.now_s)
    guard.sees(seconds=5)
    guard = guard.restarts(away_s=20)
    guard.keeper.cut_drill()
    guard.sees(seconds=90)
    assert guard.kinds == ["drill", "raised", "cleared"]
    assert guard.data[-1]["drill"] is True
    assert not guard.keeper.is_drilling


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
