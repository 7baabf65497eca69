"""The simulated node judges, obeys and speaks like the original, flaws included."""

import json

import pytest

from demo.battery_logic import ORIGINAL_MAX_BYTES, BatteryNode, Fields, Grade, Override, Sensors, local_grade

QUIET = {
    "temp_ambient_c": 23.0,
    "temp_internal_c": 25.0,
    "humidity_percent": 45.0,
    "mq2_ppm": 15.0,
    "mq4_ppm": 12.0,
    "mq8_ppm": 8.0,
    "mq7_ppm": 22.0,
    "voc_index": 285.0,
    "max30105_smoke": 120,
    "max30105_temp_c": 24.0,
}


@pytest.mark.parametrize(
    ("over", "grade"),
    [
        ({}, Grade.NORMAL),
        ({"temp_internal_c": 50.0}, Grade.NORMAL),
        ({"temp_internal_c": 200.0}, Grade.WARNING),
        ({"temp_internal_c": 200.0, "mq2_ppm": 101.0}, Grade.WARNING),
        ({"temp_internal_c": 200.0, "mq2_ppm": 101.0, "max30105_smoke": 751}, Grade.DANGER),
        ({"voc_index": 199.0}, Grade.WARNING),
        ({"voc_index": 100.0, "voc_raw": 285.0}, Grade.NORMAL),
        ({"temp_internal_c": None}, Grade.NORMAL),
    ],
)
def test_one_or_two_channels_over_their_limit_warn_and_three_are_danger(over, grade):
    assert local_grade({**QUIET, **over}) is grade


def test_an_ordered_danger_holds_until_60_s_of_local_normal_without_a_break():
    override = Override()
    assert override.order("danger")
    assert override.effective(Grade.NORMAL, 0) is Grade.DANGER
    assert override.effective(Grade.NORMAL, 50) is Grade.DANGER
    assert override.effective(Grade.WARNING, 55) is Grade.DANGER
    assert override.effective(Grade.NORMAL, 60) is Grade.DANGER
    assert override.effective(Grade.NORMAL, 119) is Grade.DANGER
    assert override.effective(Grade.NORMAL, 120) is Grade.NORMAL
    assert override.effective(Grade.WARNING, 121) is Grade.WARNING


def test_an_ordered_normal_hides_a_local_danger_for_as_long_as_it_lasts():
    override = Override()
    override.order("normal")
    assert [override.effective(Grade.DANGER, now_s) for now_s in (0, 100, 10_000)] == [Grade.NORMAL] * 3


@pytest.mark.parametrize("word", ["", "DANGER", "Danger ", "fire", "0"])
def test_other_words_are_no_orders(word):
    override = Override()
    assert not override.order(word)
    assert override.effective(Grade.NORMAL, 0) is Grade.NORMAL


def number(fields: Fields, name: str) -> float:
    value = fields[name]
    assert isinstance(value, int | float)
    return value


def replay(node: BatteryNode, temps_c: list[float]) -> list[Fields]:
    return [node.sample(index * 0.5, temp_c) for index, temp_c in enumerate(temps_c)]


def test_without_venting_a_burning_cell_changes_nothing_but_the_internal_temperature():
    fields = replay(BatteryNode(Sensors(vents=False), extended=True), [300.0] * 600)[-1]
    assert fields["temp_internal_c"] == pytest.approx(300, abs=0.2)
    assert fields["local_status"] == "WARNING"
    assert number(fields, "temp_ambient_c") < 35
    assert number(fields, "mq2_ppm") < 20


def test_venting_brings_gas_and_smoke_over_their_limits():
    fields = replay(BatteryNode(Sensors(vents=True), extended=True), [25.0] * 20 + [150.0] * 40)[-1]
    assert fields["local_status"] == "DANGER"
    assert number(fields, "max30105_smoke") > 750


def test_the_original_message_has_the_original_fields_in_order_and_fixed_decimals():
    node = BatteryNode(Sensors(vents=False), extended=False)
    payload = node.encode(node.sample(1234.5, 32.1))
    assert payload is not None
    assert list(json.loads(payload)) == ["timestamp_ms", *QUIET_ORDER, "status"]
    assert payload.startswith('{"timestamp_ms":1234500,"temp_ambient_c":2')
    assert len(payload) <= ORIGINAL_MAX_BYTES


QUIET_ORDER = [
    "temp_ambient_c",
    "temp_internal_c",
    "humidity_percent",
    "mq2_ppm",
    "mq4_ppm",
    "mq8_ppm",
    "mq7_ppm",
    "voc_index",
    "max30105_smoke",
    "max30105_temp_c",
]


def test_the_original_falls_silent_when_its_message_outgrows_the_buffer():
    node = BatteryNode(Sensors(vents=False), extended=False)
    fields = node.sample(4_000_000.0, 25.0)
    assert node.encode(fields) is not None
    assert node.encode({**fields, **dict.fromkeys(("mq2_ppm", "mq4_ppm", "mq8_ppm", "mq7_ppm"), 1000.0)}) is None


def test_the_clock_of_the_device_wraps_after_2_to_the_32_milliseconds():
    node = BatteryNode(Sensors(vents=False), extended=False)
    assert node.sample(2**32 / 1000 + 1.0, 25.0)["timestamp_ms"] == 1000


def test_our_message_adds_sequence_rate_and_warm_up_and_stays_json():
    samples = replay(BatteryNode(Sensors(vents=False), extended=True), [25.0 + 0.5 * i for i in range(400)])
    node = BatteryNode(Sensors(vents=False), extended=True)
    assert samples[0]["rate_c_per_s"] is None
    assert samples[-1]["rate_c_per_s"] == pytest.approx(1.0, abs=0.1)
    assert [samples[0]["gas_ready"], samples[-1]["gas_ready"]] == [False, True]
    assert [fields["seq"] for fields in samples[:3]] == [1, 2, 3]
    assert json.loads(node.encode(samples[0]) or "")["override"] is None


def test_an_open_pt100_reads_its_end_of_scale():
    fields = replay(BatteryNode(Sensors(vents=False), extended=True), [1354.0])[0]
    assert fields["temp_internal_c"] == 988.79
