"""Raising needs a reason, lowering needs the absence of every reason."""

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from btr_core.correction import CorrectionMode, CorrectionPolicy, CorrectionSettings, NodeView, has_evidence
from btr_core.messages import Level
from btr_core.state import AlarmRecord, AlarmState, Cause, ClearCondition, Finding


def finding(cause: Cause, level: Level) -> Finding:
    return Finding(cause, level, "temp_internal_c", 1.0, 1.0, ClearCondition.WHEN_BELOW)


QUIET = AlarmState(level=Level.NORMAL)
GRADED = AlarmState(level=Level.WARNING, findings=(finding(Cause.LOCAL_STATUS, Level.WARNING),))
ALARM = AlarmState(
    level=Level.DANGER,
    cause=Cause.RATE,
    findings=(finding(Cause.RATE, Level.DANGER),),
    record=AlarmRecord(Level.DANGER, finding(Cause.RATE, Level.DANGER)),
)
LATCHED = AlarmState(level=Level.NORMAL, record=ALARM.record)
NORMAL = NodeView(online=True, shown=Level.NORMAL, local=Level.NORMAL, calm_s=60.0)
FALSE_DANGER = NodeView(online=True, shown=Level.DANGER, local=Level.DANGER, calm_s=60.0)
MASKED = replace(FALSE_DANGER, shown=Level.NORMAL)


class Wire:
    """A policy stepped twice a second; keeps what it sends."""

    def __init__(self, mode: CorrectionMode = CorrectionMode.BOTH) -> None:
        self.policy = CorrectionPolicy(CorrectionSettings(mode))
        self.now_s = 0.0
        self.sent: list[tuple[float, Level]] = []

    def step(self, assessment: AlarmState, node: NodeView, seconds: float = 0.5) -> list[Level]:
        before = len(self.sent)
        for _ in range(round(seconds * 2)):
            self.now_s += 0.5
            level = self.policy.update(self.now_s, assessment, node)
            if level is not None:
                self.sent.append((self.now_s, level))
        return [level for _, level in self.sent[before:]]


def test_danger_is_sent_when_the_node_shows_less():
    wire = Wire()
    assert wire.step(ALARM, NORMAL) == [Level.DANGER]
    assert wire.policy.is_new
    assert wire.policy.holding is Level.DANGER


def test_nothing_is_sent_when_both_agree():
    assert Wire().step(QUIET, NORMAL, 120) == []
    assert Wire().step(ALARM, replace(FALSE_DANGER, calm_s=0.0), 120) == []


def test_h17_a_confirmed_correction_is_refreshed_every_twenty_seconds():
    wire = Wire()
    wire.step(ALARM, NORMAL)
    wire.step(ALARM, replace(NORMAL, shown=Level.DANGER), 65)
    assert [now_s for now_s, _ in wire.sent] == [0.5, 20.5, 40.5, 60.5]
    assert not wire.policy.is_new


def test_an_echo_that_does_not_come_is_asked_for_three_times_and_then_slowly():
    wire = Wire()
    wire.step(ALARM, NORMAL, 50)
    assert [now_s for now_s, _ in wire.sent] == [0.5, 2.5, 4.5, 24.5, 44.5]


def test_a_correction_is_withdrawn_when_its_reason_ends():
    wire = Wire()
    wire.step(ALARM, NORMAL)
    assert wire.step(LATCHED, replace(NORMAL, shown=Level.DANGER), 120) == []
    assert wire.policy.holding is None


def test_normal_is_sent_against_a_danger_that_nothing_supports():
    wire = Wire()
    assert wire.step(GRADED, FALSE_DANGER) == [Level.NORMAL]
    assert wire.step(GRADED, MASKED, 30) == [Level.NORMAL]
    assert wire.policy.holding is Level.NORMAL


def test_the_own_danger_left_on_the_node_is_lowered_once_all_is_over():
    wire = Wire()
    wire.step(ALARM, NORMAL)
    assert wire.step(QUIET, replace(NORMAL, shown=Level.DANGER), 10) == [Level.NORMAL, Level.NORMAL, Level.NORMAL]
    assert wire.step(QUIET, NORMAL, 120) == []
    assert wire.policy.holding is None


@pytest.mark.parametrize(
    "cause", [Cause.TEMPERATURE, Cause.RATE, Cause.SMOKE, Cause.GAS, Cause.MODEL, Cause.SILENCE, Cause.SENSOR_FAULT]
)
def test_h3_normal_is_never_sent_against_evidence(cause):
    doubt = AlarmState(level=Level.WARNING, cause=cause, findings=(finding(cause, Level.WARNING),))
    assert Level.NORMAL not in Wire().step(doubt, FALSE_DANGER, 300)


@pytest.mark.parametrize(
    ("assessment", "node"),
    [
        (LATCHED, FALSE_DANGER),
        (AlarmState(), FALSE_DANGER),
        (AlarmState(level=Level.DANGER, findings=(finding(Cause.LOCAL_STATUS, Level.DANGER),)), FALSE_DANGER),
        (QUIET, replace(FALSE_DANGER, calm_s=9.9)),
        (QUIET, replace(FALSE_DANGER, all_judged=False)),
    ],
    ids=[
        "latched alarm",
        "no evidence at all",
        "a node that grades by rules",
        "model not calm for long",
        "gas not judged yet",
    ],
)
def test_h3_normal_needs_the_absence_of_every_reason(assessment, node):
    assert Level.NORMAL not in Wire().step(assessment, node, 300)


def test_h3_evidence_under_our_normal_sends_danger_at_once():
    wire = Wire()
    wire.step(GRADED, FALSE_DANGER)
    sensor_fault = AlarmState(level=Level.WARNING, findings=(finding(Cause.SENSOR_FAULT, Level.WARNING),))
    assert wire.step(sensor_fault, MASKED) == [Level.DANGER]
    assert wire.sent[-1][0] - wire.sent[-2][0] == 0.5, "not even the spacing delays it"


def test_h3_a_normal_of_somebody_else_over_a_local_danger_is_undone():
    hot = AlarmState(level=Level.WARNING, findings=(finding(Cause.TEMPERATURE, Level.WARNING),))
    assert Wire().step(hot, MASKED) == [Level.DANGER]


def test_switching_corrections_off_does_not_leave_a_normal_behind():
    wire = Wire()
    wire.step(GRADED, FALSE_DANGER)
    wire.policy.settings = CorrectionSettings(CorrectionMode.OFF)
    assert wire.step(GRADED, MASKED) == [Level.DANGER]
    assert wire.step(GRADED, FALSE_DANGER, 60) == []


NOT_BOTH = [CorrectionMode.OFF, CorrectionMode.RAISE_ONLY]


@pytest.mark.parametrize("mode", NOT_BOTH)
def test_h3_the_danger_that_takes_our_normal_back_is_sent_until_the_node_shows_it(mode):
    """Given a `normal` of ours, and messages that get lost after the user forbids it."""
    wire = Wire()
    wire.step(GRADED, FALSE_DANGER)
    wire.policy.settings = CorrectionSettings(mode)
    assert wire.step(GRADED, MASKED, 20) == [Level.DANGER] * 10
    assert [round(b - a, 1) for (a, _), (b, _) in itertools.pairwise(wire.sent[1:])] == [2.0] * 9
    assert wire.step(GRADED, FALSE_DANGER, 60) == []
    assert wire.step(GRADED, MASKED, 60) == [], "what masks it now is not ours"


@pytest.mark.parametrize("mode", NOT_BOTH)
def test_h3_a_normal_that_outlives_its_reason_is_taken_back_when_danger_begins_under_it(mode):
    """Given a node that has become quiet under our `normal`, and is in danger again before it has let go of that."""
    wire = Wire()
    wire.step(GRADED, FALSE_DANGER)
    wire.policy.settings = CorrectionSettings(mode)
    assert wire.step(QUIET, NORMAL, 60) == []
    assert wire.step(GRADED, MASKED, 3) == [Level.DANGER, Level.DANGER]


def test_h3_a_normal_that_is_slow_on_its_way_is_taken_back_as_well():
    wire = Wire()
    wire.step(GRADED, FALSE_DANGER, 10)
    wire.policy.settings = CorrectionSettings(CorrectionMode.OFF)
    assert wire.step(GRADED, FALSE_DANGER, 5) == [Level.DANGER]
    assert wire.step(GRADED, MASKED, 5) == []
    lost = Wire()
    lost.step(GRADED, FALSE_DANGER, 10)
    lost.policy.settings = CorrectionSettings(CorrectionMode.OFF)
    assert lost.step(GRADED, MASKED, 4) == [Level.DANGER, Level.DANGER]


def test_a_node_that_has_shown_its_own_level_for_long_is_sent_nothing():
    wire = Wire()
    wire.step(GRADED, FALSE_DANGER)
    warned = NodeView(online=True, shown=Level.WARNING, local=Level.WARNING, calm_s=60.0)
    assert wire.step(GRADED, warned, 30) == []
    wire.policy.settings = CorrectionSettings(CorrectionMode.OFF)
    assert wire.step(GRADED, warned, 30) == []


@pytest.mark.parametrize("local", [Level.WARNING, Level.UNKNOWN])
def test_h3_our_normal_is_taken_back_from_a_node_that_is_not_quiet(local):
    wire = Wire()
    wire.step(GRADED, FALSE_DANGER)
    wire.policy.settings = CorrectionSettings(CorrectionMode.OFF)
    assert wire.step(GRADED, replace(MASKED, local=local), 10) == [Level.DANGER] * 5


def test_h3_a_node_that_was_quiet_for_a_while_only_may_still_keep_our_normal():
    wire = Wire()
    wire.step(GRADED, FALSE_DANGER)
    wire.policy.settings = CorrectionSettings(CorrectionMode.OFF)
    wire.step(QUIET, NORMAL, 40)
    wire.step(GRADED, replace(MASKED, local=Level.WARNING))
    wire.step(QUIET, NORMAL, 40)
    assert wire.step(GRADED, MASKED) == [Level.DANGER]


def test_a_normal_that_has_expired_is_no_concern_of_ours():
    wire = Wire()
    wire.step(GRADED, FALSE_DANGER)
    wire.policy.settings = CorrectionSettings(CorrectionMode.OFF)
    wire.step(QUIET, NORMAL, 66)
    assert wire.step(GRADED, MASKED, 60) == []
    assert not wire.policy.release()


def test_h3_a_node_out_of_sight_does_not_let_time_run_for_our_normal():
    wire = Wire()
    wire.step(GRADED, FALSE_DANGER)
    wire.policy.settings = CorrectionSettings(CorrectionMode.OFF)
    wire.step(QUIET, NORMAL, 40)
    wire.step(QUIET, replace(NORMAL, online=False))
    wire.step(QUIET, NORMAL, 40)
    assert wire.step(GRADED, MASKED) == [Level.DANGER]


def test_h3_a_mask_from_before_a_crash_is_taken_off_when_corrections_are_switched_off():
    wire = Wire()
    assert wire.step(GRADED, MASKED, 5) == [], "nothing but the node's own count says danger"
    wire.policy.settings = CorrectionSettings(CorrectionMode.OFF)
    assert wire.step(GRADED, MASKED) == [Level.DANGER]


def test_h3_who_lets_go_of_a_masked_node_sends_danger():
    wire = Wire()
    wire.step(GRADED, FALSE_DANGER)
    wire.policy.settings = CorrectionSettings(CorrectionMode.OFF)
    wire.step(GRADED, MASKED)
    assert wire.policy.release(), "the echo never came"


def test_with_corrections_off_an_unmasked_danger_is_not_held():
    wire = Wire()
    wire.step(GRADED, FALSE_DANGER)
    wire.policy.settings = CorrectionSettings(CorrectionMode.OFF)
    assert wire.step(ALARM, MASKED) == [Level.DANGER]
    assert wire.policy.holding is None
    assert wire.step(ALARM, FALSE_DANGER, 120) == []


def test_a_danger_after_one_that_was_taken_back_is_new():
    wire = Wire()
    wire.step(GRADED, FALSE_DANGER)
    wire.step(AlarmState(level=Level.WARNING, findings=(finding(Cause.SENSOR_FAULT, Level.WARNING),)), MASKED)
    wire.step(QUIET, replace(NORMAL, shown=Level.WARNING), 120)
    assert wire.step(ALARM, NORMAL) == [Level.DANGER]
    assert wire.policy.is_new


@pytest.mark.parametrize(
    ("mode", "raises", "lowers"),
    [
        (CorrectionMode.OFF, [], []),
        (CorrectionMode.RAISE_ONLY, [Level.DANGER], []),
        (CorrectionMode.BOTH, [Level.DANGER], [Level.NORMAL]),
    ],
)
def test_the_mode_says_what_may_be_sent(mode, raises, lowers):
    assert Wire(mode).step(ALARM, NORMAL) == raises
    assert Wire(mode).step(QUIET, FALSE_DANGER) == lowers


def test_nothing_is_sent_to_a_node_that_is_offline():
    wire = Wire()
    assert wire.step(ALARM, replace(NORMAL, online=False), 60) == []
    assert wire.step(ALARM, NORMAL) == [Level.DANGER]


ASSESSMENTS = st.builds(
    AlarmState,
    level=st.sampled_from(Level),
    findings=st.lists(
        st.builds(finding, st.sampled_from(Cause), st.sampled_from([Level.WARNING, Level.DANGER])), max_size=2
    ).map(tuple),
    record=st.sampled_from([AlarmRecord(), ALARM.record]),
)
NODES = st.builds(
    NodeView, st.booleans(), st.sampled_from(Level), st.sampled_from(Level), st.floats(0, 30), st.booleans()
)


MODES = st.sampled_from(CorrectionMode)


@given(st.lists(st.tuples(ASSESSMENTS, NODES, MODES), max_size=80))
def test_whatever_happens_no_normal_against_evidence_and_no_chatter(steps):
    wire = Wire()
    for assessment, node, mode in steps:
        wire.policy.settings = CorrectionSettings(mode)
        for level in wire.step(assessment, node):
            assert node.online
            if level is Level.NORMAL:
                assert mode is CorrectionMode.BOTH
                assert not has_evidence(assessment)
                assert not assessment.active
                assert node.calm_s >= 10.0
    for (before_s, before), (after_s, after) in zip(wire.sent, wire.sent[1:], strict=False):
        assert after_s - before_s >= 2.0 or (before is Level.NORMAL and after is Level.DANGER)


@given(st.lists(st.tuples(ASSESSMENTS, NODES, MODES), max_size=40), ASSESSMENTS, MODES)
def test_h3_whatever_happened_no_normal_of_ours_outlives_the_permission_over_a_danger(steps, last, mode):
    """Given any past that ends with a `normal` of ours, a node that masks its danger hears `danger` within 2 s."""
    wire = Wire()
    for assessment, node, before in steps:
        wire.policy.settings = CorrectionSettings(before)
        wire.step(assessment, node)
    wire.policy.settings = CorrectionSettings()
    if wire.step(GRADED, FALSE_DANGER, 2.5)[-1:] == [Level.NORMAL] and mode is not CorrectionMode.BOTH:
        wire.policy.settings = CorrectionSettings(mode)
        assert Level.DANGER in wire.step(last, MASKED, 2)


def test_a_danger_that_was_let_go_and_is_wanted_again_keeps_its_distance():
    """Given a DANGER that is sent and let go; a second later the node masks its own DANGER while heat speaks."""
    unknown = AlarmState(level=Level.UNKNOWN)
    silent, masked = NodeView(online=True), NodeView(True, Level.NORMAL, Level.DANGER)
    hot = AlarmState(level=Level.UNKNOWN, findings=(finding(Cause.TEMPERATURE, Level.WARNING),))
    wire = Wire()
    assert wire.step(AlarmState(level=Level.DANGER), silent) == [Level.DANGER]
    assert wire.step(unknown, silent) == []
    assert wire.step(hot, masked) == []
    assert wire.step(hot, masked, 1.5) == [Level.DANGER]


def test_times_that_make_no_sense_are_refused():
    with pytest.raises(ValueError, match="spacing_s"):
        CorrectionSettings(refresh_s=1.0)
