"""Rate of rise, how long it has lasted, and the forecast."""

import random

import pytest

from btr_core.rate import Hold, RateMeter


def meter_after(slope_c_per_s: float, seconds: float, *, step_s: float = 0.5, noise: float = 0.0) -> RateMeter:
    meter, random_source = RateMeter(), random.Random(7)
    for index in range(round(seconds / step_s) + 1):
        time_s = index * step_s
        meter.add(time_s, 25.0 + slope_c_per_s * time_s + random_source.gauss(0, noise))
    return meter


@pytest.mark.parametrize("step_s", [0.1, 0.5, 1.0, 5.0])
def test_the_rate_of_a_line_is_its_slope_at_any_sampling(step_s):
    assert meter_after(0.8, 30.0, step_s=step_s).rate_c_per_s == pytest.approx(0.8, abs=0.01)


def test_there_is_no_rate_before_two_seconds_nor_after_a_gap():
    meter = meter_after(1.0, 1.5)
    assert meter.rate_c_per_s is None
    meter = meter_after(1.0, 10.0)
    meter.add(40.0, 25.0)
    assert meter.rate_c_per_s is None


def test_a_reset_forgets_the_step_across_it():
    meter = meter_after(0.0, 10.0)
    meter.reset()
    rates = [rate for index in range(10) for rate in meter.add(10.5 + index * 0.5, 80.0)]
    assert rates
    assert max(rates) == 0.0


def test_a_hold_needs_time_and_samples():
    hold = Hold(3.0, 3)
    assert not hold.update(0.0, True)
    assert not hold.update(5.0, True), "two samples of a slow sensor are one step"
    assert hold.update(10.0, True)
    assert not hold.update(10.5, False)
    assert not hold.update(11.0, True)


def test_a_hold_is_not_met_early():
    hold = Hold(3.0, 3)
    assert [hold.update(0.5 * index, True) for index in range(7)] == [False] * 6 + [True]


def test_the_forecast_is_where_the_line_meets_the_limit():
    assert meter_after(0.5, 20.0).seconds_to(80.0) == pytest.approx((80 - 35) / 0.5, rel=0.01)


def test_a_limit_that_is_reached_is_zero_seconds_away():
    assert meter_after(3.0, 20.0).seconds_to(80.0) == 0.0


@pytest.mark.parametrize(
    ("slope", "seconds", "noise"),
    [(0.0, 30.0, 0.1), (-0.5, 30.0, 0.0), (0.01, 30.0, 0.0), (0.5, 4.0, 0.0), (0.03, 15.0, 0.5)],
    ids=["noise", "cooling", "an hour and more away", "too short", "not significant"],
)
def test_there_is_no_forecast_without_a_significant_rise(slope, seconds, noise):
    assert meter_after(slope, seconds, noise=noise).seconds_to(80.0) is None


def test_noise_does_not_spoil_a_clear_trend():
    assert meter_after(0.5, 20.0, noise=0.1).seconds_to(80.0) == pytest.approx(90.0, rel=0.1)
