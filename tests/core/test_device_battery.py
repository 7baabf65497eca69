"""What our battery node publishes, byte for byte as its host tests hold it to, is read here as meant."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from btr_core import codec
from btr_core.topics import TopicConfig
from tests.core.test_codec_golden import FIXTURES, described

DOCUMENT = json.loads((FIXTURES / "device_battery.json").read_text("utf-8"))
TOPICS = TopicConfig(tuple(DOCUMENT["topics"]["battery_prefixes"]), DOCUMENT["topics"]["bath_root"])


def sent() -> Iterator[Any]:
    for case in DOCUMENT["cases"]:
        for message in case["sent"]:
            yield pytest.param(message, id=f"{case['name']}: {message['topic']}")


@pytest.mark.parametrize("message", sent())
def test_a_message_of_our_node_is_read_as_meant(message: dict[str, Any]) -> None:
    decoded = codec.decode(TOPICS, message["topic"], message["payload"].encode())
    assert decoded is not None
    assert described(decoded) == message["expect"]


@pytest.mark.parametrize("message", sent())
def test_a_message_of_our_node_is_strict_json_or_a_word_and_fits_the_legacy_buffer(message: dict[str, Any]) -> None:
    payload = message["payload"]
    if message["topic"].endswith("availability"):
        assert payload in ("online", "offline")
        return
    json.loads(payload, parse_constant=lambda token: pytest.fail(f"{token} is no JSON"))
    assert message["topic"].endswith("register") or len(payload) < 512
