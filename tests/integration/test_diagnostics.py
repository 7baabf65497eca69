"""What a user attaches to a bug report: enough to find the fault, and nothing that must not leave the house."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from homeassistant.components.diagnostics import REDACTED
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
    get_diagnostics_for_device,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.btr.const import DOMAIN
from custom_components.btr.core.messages import DeviceKey, DeviceKind, Level, Output
from custom_components.btr.core.state import Cause
from custom_components.btr.diagnostics import as_plain
from custom_components.btr.hub import BtrHub
from custom_components.btr.risk_monitor import Role
from tests.integration.models import put_model
from tests.integration.stories import World, all_devices_speak


async def of_entry(hass: HomeAssistant, client: ClientSessionGenerator, entry: MockConfigEntry) -> dict[str, Any]:
    """Download the diagnostics of the entry."""
    assert await async_setup_component(hass, "diagnostics", {})
    report: dict[str, Any] = await get_diagnostics_for_config_entry(hass, client, entry)
    return report


async def of_device(
    hass: HomeAssistant, client: ClientSessionGenerator, entry: MockConfigEntry, key: str
) -> dict[str, Any]:
    """Download the diagnostics of one device."""
    assert await async_setup_component(hass, "diagnostics", {})
    device = dr.async_get(hass).async_get_device_by_identifier((DOMAIN, key), entry.entry_id)
    assert device is not None
    report: dict[str, Any] = await get_diagnostics_for_device(hass, client, entry, device)
    return report


async def test_report_of_an_entry_tells_what_is_at_work_and_how_every_device_is(
    world: World, hass_client: ClientSessionGenerator
) -> None:
    """Topics, engine, model, versions, counters, and the state of each device."""
    await all_devices_speak(world)
    await world.hears("btr/cell-7/sensor", "nonsense")

    report = await of_entry(world.hass, hass_client, world.entry)

    assert report["entry"] == {"data": dict(world.entry.data), "options": dict(world.entry.options)}
    assert report["connected"] is True
    assert report["counters"] == {"not_json": 1}
    assert report["libraries"]["numpy"]
    assert report["engine"]["engine"] in {"onnxruntime", "numpy", "rules"}
    assert report["devices"].keys() == {"battery_battery", "battery_cell-7", "bath_lab-1", "bath_lab-2"}
    battery, bath = report["devices"]["battery_cell-7"]["state"], report["devices"]["bath_lab-2"]["state"]
    assert battery["device"] == {"kind": "battery", "id": "cell-7"}
    assert battery["online"] is True
    assert battery["alarm"]["level"] == "normal"
    assert battery["temp_internal_c"] == 32.1
    assert battery["register"]["firmware"] == "1.2.0"
    assert battery["malformed_messages"] == 1
    assert bath["outlets_c"] == {"1": 55.2, "2": 55.4, "3": 55.3}
    assert bath["outputs"] == {"heater": True, "pump": True, "aeration": False}
    assert bath["config"]["bath_setpoint"]["target"] == 60.0


async def test_report_of_a_battery_tells_its_models_and_how_they_compare(
    world: World, models_folder: Path, hass_client: ClientSessionGenerator
) -> None:
    """Whoever judges a new model needs the counts, not only the last probability."""
    put_model(models_folder)
    await world.restarts()
    await world.battery_lives(1)
    hub: BtrHub = world.entry.runtime_data
    (key,) = hub.devices
    await hub.risk.async_choose(key, Role.SHADOW, "mine.onnx")
    await world.battery_lives(40)

    battery = (await of_entry(world.hass, hass_client, world.entry))["devices"]["battery_cell-7"]

    assert battery["models"]["model"] == {"chosen": "shipped", "offered": ["shipped", "mine.onnx"]}
    assert battery["models"]["shadow_model"]["chosen"] == "mine.onnx"
    assert battery["models"]["at_work"]["model"] == "rate 1"
    assert battery["models"]["in_shadow"]["model"] == "mine 1"
    assert battery["state"]["shadow"]["compared"] > 20
    assert battery["state"]["shadow"]["alone"] == battery["state"]["shadow"]["missed"] == 0


async def test_report_names_the_model_and_its_card(world: World, hass_client: ClientSessionGenerator) -> None:
    """A report about a false alarm must say which model raised it."""
    report = await of_entry(world.hass, hass_client, world.entry)

    hub: BtrHub = world.entry.runtime_data
    assert hub.risk.card is not None
    assert report["model"]["name"] == hub.risk.card.name
    assert report["model"]["sha256"] == hub.risk.card.sha256
    assert report["model"]["alarm"]["threshold"] == hub.risk.card.alarm.threshold


async def test_report_tells_which_library_is_missing(world: World, hass_client: ClientSessionGenerator) -> None:
    """On most installations there is no ONNX Runtime, and that explains a lot."""
    with patch("custom_components.btr.diagnostics.LIBRARIES", ("numpy", "no-such-library")):
        report = await of_entry(world.hass, hass_client, world.entry)

    assert report["libraries"] == {"numpy": np.__version__, "no-such-library": None}


async def test_report_of_a_device_leaves_the_others_out(world: World, hass_client: ClientSessionGenerator) -> None:
    """Somebody who asks about a bath need not show the battery."""
    await all_devices_speak(world)

    report = await of_device(world.hass, hass_client, world.entry, "bath_lab-1")

    assert report["devices"].keys() == {"bath_lab-1"}
    assert report["devices"]["bath_lab-1"]["state"]["online"] is True
    assert report["engine"]["engine"]


async def test_report_tells_what_happened_lately(world: World, hass_client: ClientSessionGenerator) -> None:
    """The last events stand in the order in which they happened."""
    await world.battery_lives(5)
    await world.battery_lives(10, temp_c=lambda seconds: 40 + 5 * seconds)

    report = await of_entry(world.hass, hass_client, world.entry)

    kinds = [event["kind"] for event in report["devices"]["battery_cell-7"]["events"]]
    assert kinds[0] == "came_online"
    assert "raised" in kinds


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "wifi_password",
        "PASS",
        "mqtt",
        "ssid",
        "user",
        "username",
        "ip",
        "ip_address",
        "host",
        "api_key",
        "token",
        "broker_url",
        "mac",
        "url",
        "client_secret",
        "ntp_host",
        "certificate",
    ],
)
def test_anything_named_like_a_secret_is_redacted_at_any_depth(name: str) -> None:
    """The codec leaves secrets out; this holds even if it ever lets one through."""
    assert as_plain({"a": [{"b": {name: "planted"}}], name: {"deep": "planted"}}) == {
        "a": [{"b": {name: REDACTED}}],
        name: REDACTED,
    }


def test_absence_of_a_secret_is_told() -> None:
    """That a device has no password may be the very fault."""
    assert as_plain({"password": None, "user": ""}) == {"password": None, "user": ""}


def test_everything_of_the_core_becomes_json() -> None:
    """Levels and causes by their keys, times in ISO 8601, frozen mappings and tuples as objects and lists."""

    @dataclass(frozen=True, slots=True)
    class Sample:
        level: Level
        cause: Cause
        at: datetime
        outputs: MappingProxyType[Output, bool]
        device: DeviceKey
        values: tuple[float | None, ...]

    sample = Sample(
        Level.DANGER,
        Cause.RATE,
        datetime(2026, 4, 2, 10, tzinfo=UTC),
        MappingProxyType({Output.HEATER: True}),
        DeviceKey(DeviceKind.BATH, "lab-1"),
        (1.5, None),
    )

    assert as_plain(sample) == {
        "level": "danger",
        "cause": "rate",
        "at": "2026-04-02T10:00:00+00:00",
        "outputs": {"heater": True},
        "device": {"kind": "bath", "id": "lab-1"},
        "values": [1.5, None],
    }
