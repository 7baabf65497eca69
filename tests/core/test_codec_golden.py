"""The golden messages: one contract, read here and by the firmware's host tests."""

import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from enum import IntEnum
from pathlib import Path
from typing import Any

import pytest

from btr_core import codec
from btr_core.errors import CodecError, CommandRefusedError
from btr_core.messages import DeviceKey, DeviceKind, Level, Message, Output
from btr_core.topics import TopicConfig

FIXTURES = Path(__file__).parents[1] / "fixtures" / "protocol"
PLANTED = "PLANTED"


def load(*names: str) -> list[Any]:
    params = []
    for name in names:
        document = json.loads((FIXTURES / f"{name}.json").read_text("utf-8"))
        topics = TopicConfig(tuple(document["topics"]["battery_prefixes"]), document["topics"]["bath_root"])
        params += [pytest.param(topics, case, id=f"{name}: {case['name']}") for case in document["cases"]]
    return params


def plain(value: object) -> object:
    """A field of a message as the JSON of the golden files."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    if isinstance(value, Level):
        return value.key
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, DeviceKey) else value


def described(message: Message) -> dict[str, object]:
    """The type of a message and every field that is not absent; a tuple of emptiness is absent too."""
    told = {field.name: plain(getattr(message, field.name)) for field in fields(message)}
    kept = {name: value for name, value in told.items() if value not in (None, [], {})}
    defaults = {"late": False, "unsynced": False, "has_core": False, "has_tank": False, "booted_offline": False}
    return {"type": type(message).__name__} | {
        name: value for name, value in kept.items() if name not in defaults or value is not defaults[name]
    }


def device(text: str) -> DeviceKey:
    kind, _, device_id = text.partition("_")
    return DeviceKey(DeviceKind(kind), device_id)


def encode(topics: TopicConfig, case: Mapping[str, Any]) -> Any:
    key, args = device(case["device"]), dict(case["args"])
    match case["encoder"]:
        case "correction":
            return codec.encode_correction(topics, key, Level[args.pop("level").upper()], **args)
        case "command":
            return codec.encode_command(topics, key, Output(args.pop("output")), args.pop("action"), **args)
        case "emergency":
            return codec.encode_emergency(topics, key, args["on"])
        case "config":
            return codec.encode_config_update(topics, key, args["config"])
    raise AssertionError(case["encoder"])


@pytest.mark.parametrize(("topics", "case"), load("battery_decode", "bath_decode"))
@pytest.mark.parametrize("as_bytes", [True, False], ids=["bytes", "text"])
def test_a_golden_message_is_read_as_agreed(topics: TopicConfig, case: Mapping[str, Any], as_bytes: bool) -> None:
    payload = case["payload"].encode() if as_bytes else case["payload"]
    expected = case["expect"]
    if expected is not None and "error" in expected:
        with pytest.raises(CodecError) as caught:
            codec.decode(topics, case["topic"], payload)
        assert caught.value.reason == expected["error"]
        return
    message = codec.decode(topics, case["topic"], payload)
    assert (None if message is None else described(message)) == expected


@pytest.mark.parametrize(("topics", "case"), load("battery_decode", "bath_decode"))
def test_i11_planted_secrets_never_enter_an_object(topics: TopicConfig, case: Mapping[str, Any]) -> None:
    try:
        told = repr(codec.decode(topics, case["topic"], case["payload"]))
    except CodecError as err:
        told = repr(err)
    assert PLANTED not in told
    assert "****" not in told


def test_the_golden_messages_do_plant_secrets() -> None:
    for name in ("battery_decode", "bath_decode"):
        assert PLANTED in (FIXTURES / f"{name}.json").read_text("utf-8")


@pytest.mark.parametrize(("topics", "case"), load("encode"))
def test_a_golden_command_is_written_byte_for_byte(topics: TopicConfig, case: Mapping[str, Any]) -> None:
    if "refused" in case:
        with pytest.raises(CommandRefusedError) as caught:
            encode(topics, case)
        assert caught.value.reason == case["refused"]
        return
    publish = encode(topics, case)
    told = {"topic": publish.topic, "payload": publish.payload, "qos": publish.qos, "expiry_s": publish.expiry_s}
    assert told == case["publish"]


def test_levels_are_what_the_golden_files_call_them() -> None:
    assert issubclass(Level, IntEnum)
    assert [level.key for level in Level] == ["unknown", "normal", "warning", "danger"]
