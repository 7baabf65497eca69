"""A wrong call ends in a text that says what to change."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.recorder import DATA_INSTANCE
from homeassistant.setup import async_setup_component

from custom_components.btr.const import DOMAIN
from tests.integration.actions.calls import QUIET, TEMPERATURE, ask, device, export, files, refused
from tests.integration.stories import World, bath_telemetry

WRONG_PREDICTIONS: list[tuple[dict[str, Any], str]] = [
    ({}, "series_or_device"),
    ({"series": QUIET, "device_id": "battery_cell-7"}, "series_or_device"),
    ({"series": []}, "series_empty"),
    ({"series": [25.0, "hot"]}, "series_bad_temperature"),
    ({"series": [{"time": 0}]}, "series_bad_row"),
    ({"series": [{"time": "noon", "temperature": 25}]}, "series_bad_time"),
    ({"series": [{"time": 0, "temperature": 25}] * 2}, "series_not_rising"),
    ({"series": [25.0] * 20_000}, "series_too_long"),
    ({"series": [25.0] * 59}, "series_too_short"),
    ({"series": QUIET, "model": "crystal ball"}, "no_model"),
    ({"device_id": "bath_lab-1"}, "not_a_battery"),
    ({"device_id": "battery_cell-8"}, "nothing_recorded"),
    ({"device_id": "battery_cell-7"}, "series_too_short"),
]
NOON = "2026-11-22T12:00:00+00:00"
WRONG_EXPORTS: list[tuple[dict[str, Any], str]] = [
    ({}, "one_period"),
    ({"minutes": 5, "last_alarm": True}, "one_period"),
    ({"minutes": 5, "end": NOON}, "one_period"),
    ({"last_alarm": True}, "no_alarm"),
    ({"start": "2026-11-22T12:00:04+00:00", "end": NOON}, "period_backwards"),
    ({"start": "2027-01-01T12:00:00+00:00"}, "period_backwards"),
    ({"start": "2026-11-01T12:00:00+00:00"}, "period_too_long"),
    ({"start": "2026-11-21T12:00:00+00:00", "end": "2026-11-21T13:00:00+00:00"}, "nothing_recorded"),
    ({"minutes": 5, "device_id": "bath_lab-1"}, "not_a_battery"),
]


async def test_i9_every_wrong_call_is_refused_with_a_text_that_says_why(home: World, subtests: pytest.Subtests) -> None:
    home.says("compostlab/v2/lab-1/telemetry", bath_telemetry())
    home.says("btr/cell-8/sensor", {"timestamp_ms": 500, "temp_ambient_c": 25.0})
    await home.battery_lives(12)

    for action, calls in ((ask, WRONG_PREDICTIONS), (export, WRONG_EXPORTS)):
        for wrong, key in calls:
            with subtests.test(f"{action.__name__} {key}"):
                named = {"device_id": device(home, wrong["device_id"])} if "device_id" in wrong else {}
                error = await refused(action(home, **{**wrong, **named}))
                assert isinstance(error, ServiceValidationError)
                assert error.translation_key == key
    assert files(home) == []


async def test_i9_a_folder_that_cannot_be_written_is_an_error(home: World, tmp_path: Path) -> None:
    await home.battery_lives(20)
    (tmp_path / "btr_recordings").write_text("a file in the way")

    assert (await refused(export(home, minutes=1))).translation_key == "recording_not_written"


async def test_i9_an_entity_that_is_disabled_has_no_past(home: World) -> None:
    await home.battery_lives(5)
    er.async_get(home.hass).async_update_entity(TEMPERATURE, disabled_by=er.RegistryEntryDisabler.USER)

    assert (await refused(ask(home, device_id=device(home)))).translation_key == "no_entity"


@pytest.fixture
def no_recorder(home: World) -> Iterator[None]:
    """The user runs Home Assistant without a recorder."""
    recorder = home.hass.data.pop(DATA_INSTANCE)
    yield
    home.hass.data[DATA_INSTANCE] = recorder


async def test_i9_without_a_recorder_there_is_no_past_but_a_series_is_judged(home: World, no_recorder: None) -> None:
    await home.battery_lives(5)

    assert (await refused(ask(home, device_id=device(home)))).translation_key == "no_recorder"
    assert (await refused(export(home, minutes=5))).translation_key == "no_recorder"
    assert (await ask(home, series=QUIET))["level"] == "normal"


async def test_i9_a_recorder_that_hangs_is_an_error_in_time(home: World) -> None:
    with patch.object(home.hass.data[DATA_INSTANCE], "async_block_till_done", side_effect=TimeoutError):
        await home.battery_lives(5)
        assert (await refused(export(home, minutes=5))).translation_key == "no_recorder"


async def test_actions_are_there_before_any_entry_and_say_that_none_is_loaded(hass: HomeAssistant) -> None:
    assert await async_setup_component(hass, DOMAIN, {})

    call = hass.services.async_call(DOMAIN, "predict", {"series": QUIET}, blocking=True, return_response=True)
    assert (await refused(call)).translation_key == "not_loaded"
