"""The arithmetic of the report, on runs made by hand."""

from dataclasses import replace

import numpy as np
import pytest

from btr_core.risk.rule_engine import RULE_CARD, RuleEngine
from btr_training.events import Event, find_event
from btr_training.judge_events import compare_with_rules, with_lead_in
from btr_training.metrics import judge_event, poisson_upper, rate_per_day, summarise_events, window_scores
from btr_training.replay import Alarm, probabilities, replay_limit, replay_monitor, replay_policy
from btr_training.windows import Trace

EVENT = Event(heating_s=100.0, onset_s=104.0, at_60_s=120.0, at_80_s=None, peak_s=130.0, end_s=140.0)


def ramp(rate_c_per_s, quiet_s=100, start_c=25.0, end_c=120.0):
    """A quiet stretch, then a steady rise."""
    rise = np.arange(start_c, end_c, rate_c_per_s / 2)
    return np.concatenate([np.full(quiet_s * 2, start_c), rise]).astype(np.float32)


def test_landmarks_are_those_of_the_definition():
    """Given 25 degC and from 100 s on a rise of 2 degC/s."""
    event = find_event(ramp(2.0))
    assert event is not None
    assert event.heating_s == 101.0
    assert event.onset_s == 101.0, "the 2 s rate reaches 1 degC/s after one second"
    assert event.at_60_s == 117.5
    assert event.at_80_s == 127.5


def test_a_trace_that_never_rises_has_no_event():
    assert find_event(np.full(500, 25.0, np.float32)) is None


def test_a_broken_thermocouple_is_not_the_steepest_moment():
    temp_c = np.concatenate([ramp(2.0), np.full(10, 1300.0, np.float32)])
    event = find_event(temp_c)
    assert event is not None
    assert event.peak_s < (len(temp_c) - 10) / 2


def test_leads_are_counted_from_the_first_alarm_that_belongs_to_the_event():
    alarms = [Alarm(20.0, "model"), Alarm(98.0, "model"), Alarm(110.0, "rate")]
    result = judge_event("x", "one", EVENT, alarms)
    assert result.raised
    assert result.cause == "model"
    assert (result.lead_heating_s, result.lead_onset_s, result.lead_60_s, result.lead_80_s) == (2.0, 6.0, 22.0, None)
    assert result.false_early == 1


@pytest.mark.parametrize(("alarm_s", "raised", "false_early"), [(39.5, False, 1), (40.0, True, 0), (140.0, True, 0)])
def test_an_alarm_is_early_up_to_60_s_before_the_heating_and_false_before(alarm_s, raised, false_early):
    result = judge_event("x", "one", EVENT, [Alarm(alarm_s, "model")])
    assert (result.raised, result.false_early) == (raised, false_early)


def test_a_missed_event_counts_and_leaves_the_leads_alone():
    hit = judge_event("a", "one", EVENT, [Alarm(110.0, "model")])
    miss = judge_event("b", "one", EVENT, [])
    summary = summarise_events([hit, miss])
    assert (summary["events"], summary["raised"]) == (2, 1)
    assert summary["lead_60_s"] == {"median": 10.0, "least": 10.0}
    assert summary["lead_80_s"] is None


def test_the_bound_on_no_alarm_in_a_day_is_three():
    assert poisson_upper(0) == pytest.approx(2.9957, abs=1e-3)
    assert poisson_upper(2) == pytest.approx(6.2958, abs=1e-3)
    assert poisson_upper(1000) == pytest.approx(1000 + 1.645 * 1000**0.5, rel=2e-3)
    assert rate_per_day(0, 24.0)["per_day_at_most_95"] == pytest.approx(2.9957, abs=1e-3)
    assert rate_per_day(3, 48.0)["per_day"] == 1.5


def test_window_scores_of_a_perfect_and_of_a_blind_model():
    labels = np.array([0, 0, 0, 1], dtype=np.int8)
    perfect = window_scores(labels, np.array([0.1, 0.2, 0.3, 0.9], dtype=np.float32))
    assert (perfect["roc_auc"], perfect["pr_auc"], perfect["recall_at_precision_95"]) == (1.0, 1.0, 1.0)
    assert window_scores(labels, np.full(4, 0.5, np.float32))["roc_auc"] == 0.5


def test_the_fused_assessment_is_compared_with_the_earliest_rule():
    def at(alarm_s):
        return [judge_event("x", "one", EVENT, [Alarm(alarm_s, "rate")])]

    table = {"limit_50": at(112.0), "rule_0.5": at(108.0), "model": at(101.0), "fused": at(109.5)}
    absent = {method: [judge_event("x", "one", EVENT, [])] for method in ("limit_60", "rule_1.0", "rules")}
    assert compare_with_rules({**table, **absent}) == {"latest_s": 1.5, "delay_s": {"x": 1.5}}


def test_the_rate_rule_alarms_five_seconds_into_a_steady_rise():
    """Two seconds for the rate, three seconds held."""
    temp_c = ramp(1.0)
    alarms = replay_policy(RULE_CARD, probabilities(RuleEngine(), temp_c))
    assert [alarm.time_s for alarm in alarms] == [pytest.approx(104.0, abs=1.1)]


def test_a_limit_alarms_again_only_after_it_was_two_kelvin_below():
    temp_c = np.array([49, 51, 49, 51, 47.5, 51], dtype=np.float32)
    assert [alarm.time_s for alarm in replay_limit(temp_c, 50.0)] == [0.5, 2.5]


def test_the_monitor_alarms_by_its_rules_and_with_a_model_never_later():
    temp_c = ramp(0.7)
    rules = replay_monitor(temp_c)
    risks = np.full(len(temp_c), 0.0, np.float32)
    risks[205:] = 0.9
    card = replace(RULE_CARD, name="early")
    fused = replay_monitor(temp_c, card, risks)
    assert len(rules) == len(fused) == 1
    assert fused[0].cause == "model"
    assert fused[0].time_s == pytest.approx(102.5)
    assert fused[0].time_s < rules[0].time_s
    silent = replay_monitor(temp_c, card, np.zeros(len(temp_c), np.float32))
    assert silent[0].time_s == rules[0].time_s, "a model never lowers a rule (I7)"


def test_the_lead_in_is_a_minute_at_the_first_level():
    trace = Trace("x", "one", "runaway", 0.0, ramp(1.0, 10), ramp(1.0, 10))
    longer = with_lead_in(trace)
    assert len(longer.temp_c) == len(trace.temp_c) + 120
    assert (longer.temp_c[:120] == 25.0).all()
    assert longer.start_s == -60.0
