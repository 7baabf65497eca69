"""Encryption that is checked, and secrets that stay where they are."""

import json
import logging
import socket
import time
from pathlib import Path
from typing import Any

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.components.diagnostics import get_diagnostics_for_config_entry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.btr.broker_link import BrokerError, Trouble
from custom_components.btr.broker_settings import BrokerSettings
from custom_components.btr.probe import async_probe
from tests.integration.brokers import CONNECT, DISCONNECT, HOST, ScriptedBroker, until
from tests.integration.certificates import Authority
from tests.integration.own_broker.conftest import entry_data, set_up
from tests.integration.own_broker.test_own_broker import TEMPERATURE, is_live, speak

# paho leaves the socket of a failed handshake to the garbage collector, which takes it at once
pytestmark = pytest.mark.filterwarnings("ignore:Exception ignored while finalizing socket")


async def connect(hass: HomeAssistant, broker: ScriptedBroker, **changes: Any) -> None:
    """Try a connection to a broker that is started anew."""
    settings = BrokerSettings.from_data(entry_data(broker.port, **changes))
    await async_probe(settings, await settings.async_ssl_context(hass))


async def test_s1_certificate_of_the_own_authority_is_trusted_and_no_other(
    hass: HomeAssistant, scripted: ScriptedBroker, tmp_path: Path
) -> None:
    """Who sits between the broker and us has no certificate of our authority."""
    authority, other = Authority(), Authority()
    await scripted.stop()
    await scripted.start(authority.broker_context(tmp_path))

    await connect(hass, scripted, encryption="own_ca", certificate=authority.pem, keepalive=80)
    assert scripted.got(CONNECT)[0][8:10] == (60).to_bytes(2)
    for distrusted in ({"encryption": "own_ca", "certificate": other.pem}, {"encryption": "system"}):
        with pytest.raises(BrokerError) as error:
            await connect(hass, scripted, **distrusted)
        assert error.value.trouble is Trouble.CERTIFICATE_REFUSED
    assert scripted.connections == 1


async def test_broker_that_accepts_and_says_nothing_is_given_up_as_soon_with_encryption(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long the keepalive is: neither a form nor the end of an entry may wait for that."""
    monkeypatch.setattr("custom_components.btr.broker_link.ANSWER_S", 1.0)
    with socket.create_server((HOST, 0)) as mute:
        settings = BrokerSettings.from_data(entry_data(mute.getsockname()[1], encryption="system", keepalive=5))
        context = await settings.async_ssl_context(hass)
        started_s = time.monotonic()
        with pytest.raises(BrokerError) as error:
            await async_probe(settings, context)
    assert error.value.trouble is Trouble.CANNOT_CONNECT
    assert time.monotonic() - started_s < 2


async def test_encrypted_connection_that_ends_with_its_welcome_is_told(
    hass: HomeAssistant, scripted: ScriptedBroker, tmp_path: Path
) -> None:
    """Both come in one record; the library forgets the second, and a try would find that all is well."""
    authority = Authority()
    await scripted.stop()
    await scripted.start(authority.broker_context(tmp_path))
    scripted.after_connack = bytes([DISCONNECT << 4, 7, 142, 5, 31, 0, 2]) + b"no"
    settings = BrokerSettings.from_data(entry_data(scripted.port, encryption="own_ca", certificate=authority.pem))

    with pytest.raises(BrokerError) as error:
        await async_probe(settings, await settings.async_ssl_context(hass), hold_s=0.5)
    assert error.value.trouble is Trouble.CLIENT_ID_IN_USE


async def test_s1_certificate_for_another_address_is_refused(
    hass: HomeAssistant, scripted: ScriptedBroker, tmp_path: Path
) -> None:
    authority = Authority()
    await scripted.stop()
    await scripted.start(authority.broker_context(tmp_path, "192.0.2.7"))

    with pytest.raises(BrokerError) as error:
        await connect(hass, scripted, encryption="own_ca", certificate=authority.pem)
    assert error.value.trouble is Trouble.CERTIFICATE_REFUSED


@pytest.mark.parametrize(
    ("broker_encrypts", "encryption", "trouble"),
    [(False, "system", Trouble.ENCRYPTION_FAILED), (True, "none", Trouble.NO_MQTT)],
)
async def test_encryption_on_one_side_only_is_told(
    hass: HomeAssistant,
    scripted: ScriptedBroker,
    tmp_path: Path,
    broker_encrypts: bool,
    encryption: str,
    trouble: Trouble,
) -> None:
    if broker_encrypts:
        await scripted.stop()
        await scripted.start(Authority().broker_context(tmp_path))
    scripted.hangs_up_on = {1}

    with pytest.raises(BrokerError) as error:
        await connect(hass, scripted, encryption=encryption)
    assert error.value.trouble is trouble


async def test_s1_encrypted_connection_carries_devices_and_a_renewed_authority_is_a_repair_issue(
    hass: HomeAssistant, scripted: ScriptedBroker, tmp_path: Path, issue_registry: ir.IssueRegistry
) -> None:
    authority = Authority()
    await scripted.stop()
    await scripted.start(authority.broker_context(tmp_path))
    entry = await set_up(hass, scripted.port, encryption="own_ca", certificate=authority.pem)
    await until(lambda: entry.runtime_data.connected)
    speak(scripted)
    await until(lambda: is_live(hass, TEMPERATURE))

    await scripted.stop()
    await scripted.start(Authority().broker_context(tmp_path))
    issue = ("btr", f"broker_certificate_{entry.entry_id}")
    await until(lambda: issue in issue_registry.issues)
    assert not entry.runtime_data.connected
    await scripted.stop()
    await scripted.start(authority.broker_context(tmp_path))
    await until(lambda: entry.runtime_data.connected)
    assert issue not in issue_registry.issues
    await hass.config_entries.async_unload(entry.entry_id)


async def test_i11_nothing_secret_of_a_connection_appears_in_logs_diagnostics_or_states(
    hass: HomeAssistant,
    scripted: ScriptedBroker,
    hass_client: ClientSessionGenerator,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Password, client id (the key of some clouds), user and host, through connecting, losing and being refused."""
    caplog.set_level(logging.DEBUG)
    secrets = {
        "host": "planted-host.localhost",
        "client_id": "planted-key",
        "username": "planted-user",
        "password": "planted-password",
    }
    assert await async_setup_component(hass, "diagnostics", {})
    entry = await set_up(hass, scripted.port, **{**secrets, "host": "localhost"})
    await until(lambda: entry.runtime_data.connected)
    scripted.drops_all()
    await until(lambda: not entry.runtime_data.connected)
    await until(lambda: entry.runtime_data.connected)
    hass.config_entries.async_update_entry(entry, data={**entry.data, **secrets, "certificate": "planted-ca"})

    report = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    scripted.connack = 134
    scripted.drops_all()
    await until(lambda: report and entry.runtime_data.transport.report["trouble"] is Trouble.INVALID_AUTH)
    await hass.config_entries.async_unload(entry.entry_id)

    assert report["connection"] == {
        "kind": "own_broker",
        "version": "5",
        "encryption": "none",
        "trouble": None,
        "connections": 2,
        "dropped": 0,
        "unreadable": 0,
    }
    settings = BrokerSettings.from_data({**entry.data, "encryption": "own_ca"})
    said = [record.getMessage() for record in caplog.records if "setup_entry" not in record.getMessage()]
    everything = json.dumps([report, said, [state.state for state in hass.states.async_all()]]) + repr(settings)
    assert "planted" not in everything
