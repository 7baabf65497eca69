"""I11: a secret that a device or a user put anywhere stays there; reports, logs and histories are posted in public."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from homeassistant.const import MATCH_ALL
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.json import JSONEncoder
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
    get_diagnostics_for_device,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.btr.const import DOMAIN
from tests.integration.stories import (
    BATH,
    BATH_CONFIG,
    BATH_REGISTER,
    BATTERY_REGISTER,
    NODE,
    OUR_SAMPLE,
    World,
    all_devices_speak,
    bath_telemetry,
)

CERTIFICATE = "-----BEGIN CERTIFICATE-----\nplanted-certificate\n-----END CERTIFICATE-----\n"
HOST = "localhost"
# What the forms of an own broker store
STORED = {
    "connection": "own_broker",
    "port": 1,
    "username": "planted-user",
    "password": "planted-password",
    "client_id": "planted-client-id",
    "encryption": "none",
    "certificate": CERTIFICATE,
    "keepalive": 15,
}
# What a device may say of itself, and where
SAID = {
    "password": "planted-password",
    "wifi_password": "planted-password",
    "ssid": "planted-ssid",
    "SSID": "planted-ssid",
    "user": "planted-user",
    "pass": "planted-password",
    "psk": "planted-psk",
    "host": "planted-host",
    "server": "planted-host",
    "token": "planted-token",
    "api_key": "planted-key",
    "ca_cert": CERTIFICATE,
    "ntp_host": ["planted-user:planted-password@planted-host"],
}
ADDRESS = BATH_REGISTER["ip_address"]
MALFORMED = (
    '"planted-password"',
    "planted-password",
    '{"password": planted-password',
    '["planted-ssid"]',
    '{"channels": "planted-password", "config": "planted-password"}',
    '{"password": "planted-password", "channels": [{"code": "planted-ssid", "value": "planted-password"}]}',
    b"\xffplanted-password",
)


@pytest.fixture
def events(hass: HomeAssistant) -> Iterator[list[Event[Any]]]:
    """Everything that goes over the bus of Home Assistant."""
    heard: list[Event[Any]] = []

    @callback
    def note(event: Event[Any]) -> None:
        heard.append(event)

    end = hass.bus.async_listen(MATCH_ALL, note)
    yield heard
    end()


async def devices_say_what_they_should_not(world: World) -> None:
    """Every device tells every secret it has, in every message that it sends."""
    nested = {**SAID, "wifi": SAID, "mqtt": SAID, "ota": [SAID]}
    for base in (BATH, "compostlab/v2/lab-2"):
        config = {**BATH_CONFIG, **nested, "bath_setpoint": {**BATH_CONFIG["bath_setpoint"], **nested}}
        await world.hears(f"{base}/register", {**BATH_REGISTER, **nested, "config": config})
        await world.hears(f"{base}/telemetry", {**bath_telemetry(), **nested})
        await world.hears(f"{base}/ack", {"id": "a1", "result": "applied", **nested})
    await world.hears(f"{NODE}/register", {**BATTERY_REGISTER, **nested, "limits": nested}, retained=True)
    await world.hears(f"{NODE}/ack", {"id": "a1", "result": "applied", **nested})
    for leaf in ("sensor", "late"):
        await world.hears(f"{NODE}/{leaf}", {**OUR_SAMPLE, **nested})
    for payload in MALFORMED:
        for leaf in ("sensor", "register", "availability", "ack", "late"):
            await world.hears(f"{NODE}/{leaf}", payload)
        for leaf in ("telemetry", "register", "availability", "ack"):
            await world.hears(f"{BATH}/{leaf}", payload)
        await world.passes(61, step_s=30.5)  # one line per minute and cause


async def reports(world: World, client: ClientSessionGenerator) -> list[Any]:
    """The diagnostics of the entry and of each of its devices."""
    hass, entry = world.hass, world.entry
    assert await async_setup_component(hass, "diagnostics", {})
    devices = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    return [
        await get_diagnostics_for_config_entry(hass, client, entry),
        *[await get_diagnostics_for_device(hass, client, entry, device) for device in devices],
    ]


def written(folder: Path) -> str:
    """All that is in the recordings."""
    return "".join(file.read_text("utf-8") for file in folder.iterdir())


@pytest.mark.usefixtures("enable_all_entities")
async def test_i11_no_planted_secret_is_ever_told(
    hass: HomeAssistant,
    world: World,
    hass_client: ClientSessionGenerator,
    hass_storage: dict[str, Any],
    issue_registry: ir.IssueRegistry,
    recordings_folder: Path,
    events: list[Event[Any]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, logger="custom_components.btr")
    hass.config_entries.async_update_entry(world.entry, data={**world.entry.data, **STORED})
    await all_devices_speak(world)
    await devices_say_what_they_should_not(world)
    await world.battery_lives(20, lambda time_s: 40.0 + 3 * time_s)
    await world.restarts()
    await world.battery_lives(3, 100.0)
    ours = [record for record in caplog.records if record.name.startswith("custom_components.btr")]
    formatter = logging.Formatter()
    said = {
        "diagnostics": json.dumps(await reports(world, hass_client)),
        "log": "\n".join(formatter.format(record) for record in ours),
        "events": "\n".join(repr(event.data) for event in events),
        "states": json.dumps([state.as_dict() for state in hass.states.async_all()], cls=JSONEncoder),
        "issues": repr(issue_registry.issues),
        "devices": repr([device.dict_repr for device in dr.async_get(hass).devices]),
        "storage": json.dumps({key: value for key, value in hass_storage.items() if key.startswith(DOMAIN)}),
        "recordings": written(recordings_folder),
    }
    assert [place for place, text in said.items() if not text] == []
    assert "not_json" in said["log"]
    assert [(place, secret) for place, text in said.items() for secret in ("planted", ADDRESS) if secret in text] == []


@pytest.mark.usefixtures("socket_enabled")
async def test_i11_s1_what_is_stored_of_an_own_broker_is_never_told(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    entry = MockConfigEntry(domain=DOMAIN, title="Cellar", data={**STORED, "host": HOST}, entry_id="own-entry")
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert await async_setup_component(hass, "diagnostics", {})
    report = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert (report["connected"], report["entry"]["data"]["connection"]) == (False, "own_broker")
    formatter = logging.Formatter()
    client = ("custom_components.btr", "aiomqtt", "mqtt", "paho", "btr")
    log = "\n".join(formatter.format(record) for record in caplog.records if record.name.startswith(client))
    assert log
    assert [secret for secret in ("planted", HOST) if secret in log + json.dumps(report)] == []
