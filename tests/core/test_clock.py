"""Device time goes on over wraps, reboots, missing and frozen stamps, and never back."""

from hypothesis import given
from hypothesis import strategies as st

from btr_core.clock import WRAP_MS, DeviceClock, Order


def test_time_follows_the_stamps_and_not_the_jitter_of_arrival():
    clock = DeviceClock()
    clock.read(10_000, 100.0)
    assert clock.read(10_500, 101.3) == (0.5, Order.NEXT)
    assert clock.read(11_000, 101.31) == (1.0, Order.NEXT)


def test_the_wrap_after_49_days_is_half_a_second_like_any_other():
    clock = DeviceClock()
    clock.read(WRAP_MS - 200, 0.0)
    assert clock.read(300, 0.5) == (0.5, Order.NEXT)


def test_a_restart_at_zero_is_a_reboot_and_costs_the_time_between_arrivals():
    clock = DeviceClock()
    clock.read(3_600_000, 0.0)
    assert clock.read(2_000, 7.0) == (7.0, Order.REBOOT)
    assert clock.read(2_500, 7.5) == (7.5, Order.NEXT)


def test_a_reboot_is_noticed_at_its_first_message():
    clock = DeviceClock()
    clock.read(60_000, 0.0)
    assert clock.read(500, 1.5) == (1.5, Order.REBOOT)


def test_a_sample_overtaken_by_another_is_stale_and_moves_nothing():
    clock = DeviceClock()
    clock.read(60_000, 0.0)
    clock.read(61_000, 1.0)
    assert clock.read(60_500, 1.1) == (1.0, Order.STALE)
    assert clock.read(61_500, 1.5) == (1.5, Order.NEXT)


def test_a_reboot_seconds_after_a_boot_is_noticed_within_five_seconds():
    clock = DeviceClock()
    clock.read(8_000, 0.0)
    orders = [clock.read(500 * step, 0.5 * step).order for step in range(1, 12)]
    assert orders[:9] == [Order.STALE] * 9
    assert orders[9] is Order.REBOOT
    assert orders[10] is Order.NEXT


def test_the_same_stamp_again_is_a_duplicate():
    clock = DeviceClock()
    clock.read(1_000, 0.0)
    assert clock.read(1_000, 0.1).order is Order.DUPLICATE


def test_a_clock_that_stands_still_is_replaced_by_arrival_time():
    clock = DeviceClock()
    clock.read(1_000, 0.0)
    readings = [clock.read(1_000, 0.5 * step) for step in range(1, 13)]
    assert readings[8].order is Order.DUPLICATE
    assert readings[9] == (5.0, Order.NEXT)
    assert readings[11] == (6.0, Order.NEXT)


def test_messages_without_a_stamp_are_placed_by_arrival():
    clock = DeviceClock()
    clock.read(None, 10.0)
    assert clock.read(None, 10.5) == (0.5, Order.NEXT)
    assert clock.read(700, 11.0) == (1.0, Order.NEXT)


@given(st.lists(st.tuples(st.none() | st.integers(0, WRAP_MS - 1), st.floats(0, 20)), max_size=60))
def test_time_never_goes_back_whatever_the_node_says(messages):
    clock, arrival_s, last_s = DeviceClock(), 0.0, 0.0
    for stamp_ms, later_s in messages:
        arrival_s += later_s
        reading = clock.read(stamp_ms, arrival_s)
        assert reading.time_s >= last_s
        last_s = reading.time_s


@given(st.integers(0, WRAP_MS - 1), st.lists(st.integers(1, 5_000), min_size=1, max_size=40))
def test_the_same_scenario_gives_the_same_times_wherever_the_counter_stands(start_ms, steps_ms):
    def times(first_ms):
        clock, stamp_ms, now_s = DeviceClock(), first_ms, 0.0
        clock.read(stamp_ms, now_s)
        for step_ms in steps_ms:
            stamp_ms, now_s = (stamp_ms + step_ms) % WRAP_MS, now_s + step_ms / 1000
            yield clock.read(stamp_ms, now_s)

    assert list(times(start_ms)) == list(times(1_000))
