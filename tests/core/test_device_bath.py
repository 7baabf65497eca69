"""What our bath's firmware publishes, read by the codec: one golden file, two ends."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from btr_core import bath_config, codec
from btr_core.bath_config import SETTING_BY_KEY, SettingKind
from btr_core.topics import TopicConfig
from tests.core.test_codec_golden import FIXTURES, described

DOCUMENT = json.loads((FIXTURES / "device_bath.json").read_text("utf-8"))
TOPICS = TopicConfig(tuple(DOCUMENT["topics"]["battery_prefixes"]), DOCUMENT["topics"]["bath_root"])


@pytest.mark.parametrize("case", DOCUMENT["cases"], ids=lambda case: case["name"])
def test_what_the_firmware_publishes_is_read_as_it_was_meant(case: Mapping[str, Any]) -> None:
    message = codec.decode(TOPICS, case["topic"], case["payload"].encode())
    assert message is not None
    assert described(message) == case["expect"]


def test_the_firmware_has_every_setting_and_no_bound_is_wider_than_ours() -> None:
    bounds = {row["key"]: row for row in DOCUMENT["settings"]}
    assert set(bounds) | {"ntp_host"} == set(SETTING_BY_KEY)
    for key, row in bounds.items():
        setting = SETTING_BY_KEY[key]
        if setting.kind is SettingKind.BOOLEAN:
            assert "low" not in row
            continue
        assert setting.low is not None
        assert setting.high is not None
        assert row["low"] == setting.low
        assert row["high"] <= setting.high


def test_only_the_cap_of_the_firmware_narrows_what_home_assistant_lets_through() -> None:
    narrower = {row["key"] for row in DOCUMENT["settings"] if row.get("high") != SETTING_BY_KEY[row["key"]].high}
    assert narrower == {"temp_limitout_max", "bath_setpoint.target"}


def test_the_register_of_a_new_device_tells_the_defaults() -> None:
    (register,) = [case for case in DOCUMENT["cases"] if case["message"] == "register" and not case["extensions"]]
    told = dict(bath_config.flatten(register["expect"]["config"]))
    assert told == {**bath_config.DEFAULTS, "ntp_host": register["state"]["config"]["ntp_host"]}
