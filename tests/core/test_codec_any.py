"""Whatever arrives: a message, None, or a `CodecError`, and never anything wrong."""

import json
import math
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from btr_core import codec
from btr_core.codec.fields import MAX_PAYLOAD
from btr_core.errors import CodecError
from btr_core.messages import BathRegister, BathTelemetry, BatterySample, DeviceKey, DeviceKind, Message, Output
from btr_core.topics import BATH_LEAVES, BATTERY_LEAVES, TopicConfig

TOPICS = TopicConfig()
OUR_TOPICS = (
    "sensor",
    *(f"btr/cell-7/{leaf}" for leaf in BATTERY_LEAVES),
    *(f"compostlab/v2/CP500/{leaf}" for leaf in BATH_LEAVES),
)
ANY_TOPIC = st.one_of(st.sampled_from(OUR_TOPICS), st.text(max_size=40))
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.sampled_from(["ok", "-127", "1e999"])
)
JSON_VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
)
BATTERY_NAMES = [row.name for row in fields(BatterySample)] + ["schema", "firmware", "limits", "id", "result"]
BATH_NAMES = ["schema_version", "ts", "channels", "seq", "locks", "faults", "config", "ip_address", "timestamp", "mode"]
CHANNELS = st.lists(
    st.fixed_dictionaries(
        {"code": st.sampled_from(["TempIn", "TankTemp", "TempTank", "TempOut1", "Heater", "EmergencyState", "X"])},
        optional={"value": SCALARS, "quality": SCALARS},
    ),
    max_size=5,
)
OBJECTS = st.dictionaries(st.sampled_from(BATTERY_NAMES + BATH_NAMES), JSON_VALUES, max_size=8)


def outcome(topic: str, payload: bytes | str) -> Message | CodecError | None:
    try:
        return codec.decode(TOPICS, topic, payload)
    except CodecError as err:
        return err


def numbers_in(message: Message) -> list[float]:
    values = [getattr(message, field.name) for field in fields(message)]
    return [value for value in values if isinstance(value, float)]


@given(topic=ANY_TOPIC, payload=st.one_of(st.binary(max_size=300), st.text(max_size=300)))
@example(topic="sensor", payload=b"\xff\xfe")
@example(topic="sensor", payload=b'{"temp_internal_c":' + b"9" * 5000 + b"}")
def test_i4_any_bytes_on_any_topic_have_one_of_three_outcomes(topic: str, payload: bytes | str) -> None:
    result = outcome(topic, payload)
    assert isinstance(result, Message | CodecError | None)
    assert not isinstance(result, CodecError) or (result.reason and str(result))


@given(topic=st.sampled_from(OUR_TOPICS), body=OBJECTS, channels=CHANNELS)
@settings(max_examples=300)
def test_any_object_is_read_without_inventing_a_number(topic: str, body: dict[str, Any], channels: list[Any]) -> None:
    result = outcome(topic, json.dumps({"channels": channels} | body))
    if isinstance(result, Message):
        assert all(math.isfinite(value) for value in numbers_in(result))


@given(outside=st.sampled_from(["nan", "-NaN", "Infinity", "-inf", "ovf"]), inside=st.text(max_size=60))
def test_repairing_a_bare_word_never_touches_a_text(outside: str, inside: str) -> None:
    payload = f'{{"mode":{json.dumps(inside)},"boost":{outside},"channels":[]}}'
    message = outcome("compostlab/v2/CP500/telemetry", payload)
    assert isinstance(message, BathTelemetry)
    assert message.boost_k is None
    assert "boost" in message.bad_fields
    readable = inside.strip().isprintable() and bool(inside.strip())
    assert message.mode == (inside.strip() if readable else None)


@given(
    st.dictionaries(st.sampled_from([f.name for f in fields(BatterySample)][2:12]), st.floats(-1e6, 1e6), min_size=1)
)
def test_what_a_node_says_is_what_is_read(channels: dict[str, float]) -> None:
    message = outcome("btr/cell-7/sensor", json.dumps(channels))
    assert isinstance(message, BatterySample)
    assert {name: getattr(message, name) for name in channels} == channels
    assert not message.bad_fields


@given(ms=st.integers(1, codec.MAX_LEASE_MS), output=st.sampled_from(Output))
def test_an_on_command_always_carries_its_end(ms: int, output: Output) -> None:
    publish = codec.encode_command(TOPICS, DeviceKey(DeviceKind.BATH, "CP500"), output, "on", duration_ms=ms)
    assert json.loads(publish.payload)["commands"] == [{"command": output.value, "action": "on", "duration": ms}]
    assert f'"duration":{ms}}}' in publish.payload


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        pytest.param(b" " * MAX_PAYLOAD + b"{}", "too_large", id="too large"),
        pytest.param(b"[" * 60_000, "too_deep", id="a tower of lists"),
        pytest.param(b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "too_deep", id="a tower of objects"),
        pytest.param(b"\xc3\x28", "not_utf8", id="no UTF-8"),
        pytest.param(b'{"temp_internal_c":nan,' + b'"\\' * 20_000, "not_json", id="thousands of open quotes"),
    ],
)
def test_i4_an_attack_is_refused_with_its_reason(payload: bytes, reason: str) -> None:
    result = outcome("btr/cell-7/sensor", payload)
    assert isinstance(result, CodecError)
    assert result.reason == reason


def test_a_tower_inside_an_unknown_field_of_a_register_is_harmless() -> None:
    tower = '{"a":' * 12 + "1" + "}" * 12
    message = outcome("compostlab/v2/CP500/register", f'{{"config":{{"safety":{tower},"temp_maxdif":13}}}}')
    assert isinstance(message, BathRegister)
    assert message.config == {"temp_maxdif": 13}


def test_i11_a_secret_under_any_name_stays_out_of_a_register() -> None:
    body = {
        "ip_address": "192.0.2.17",
        "wifi": {"ssid": "PLANTED"},
        "config": {
            "password": "PLANTED",
            "mqtt.pass": "PLANTED",
            "ntp_host": ["PLANTED:PLANTED@host"],
            "user": "PLANTED",
        },
    }
    assert "PLANTED" not in repr(outcome("compostlab/v2/CP500/register", json.dumps(body)))
