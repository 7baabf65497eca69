"""A cloud with a key, credentials that are refused later, and an own broker that changes."""

from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.btr.broker_form import unique_id_of
from custom_components.btr.const import DOMAIN
from tests.integration.brokers import CONNECT, SUBSCRIBE, ScriptedBroker, filters
from tests.integration.certificates import Authority
from tests.integration.config_flow.flows import broker_form, fill_in, start, submit, suggested, upload
from tests.integration.own_broker.conftest import entry_data

pytestmark = [
    pytest.mark.usefixtures("socket_enabled", "impatient_hold"),
    pytest.mark.filterwarnings("ignore:Exception ignored while finalizing socket"),
]


def add_entry(hass: HomeAssistant, port: int, title: str = "127.0.0.1", **changes: Any) -> MockConfigEntry:
    data = entry_data(port, **changes)
    entry = MockConfigEntry(domain=DOMAIN, title=title, data=data, unique_id=unique_id_of(data))
    entry.add_to_hass(hass)
    return entry


async def test_key_of_a_cloud_is_its_client_id_and_nothing_but_exact_topics_are_asked_for(
    hass: HomeAssistant, scripted: ScriptedBroker
) -> None:
    """As the original node does it: no user, no wildcard, no bath unless one is named."""
    flow = await start(hass, "cloud")
    assert flow["step_id"] == "cloud"
    assert suggested(flow)["port"] == 9501
    failed = await submit(hass, flow, broker_form(scripted.port))
    assert failed["errors"] == {"api_key": "key_missing"}

    flow = await submit(hass, failed, broker_form(scripted.port, api_key=" planted-key "))
    assert suggested(flow) == {"battery_prefixes": [], "original_node": True, "bath_root": ""}
    form = {"battery_prefixes": ["garage"], "original_node": True}
    done = await submit(hass, flow, form)

    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert done["data"]["client_id"] == "planted-key"
    assert done["data"]["connection"] == "cloud"
    assert (done["data"]["username"], done["data"]["password"]) == (None, None)
    assert (done["data"]["battery_prefixes"], done["data"]["bath_root"]) == (["garage", ""], "")
    assert "planted-key" not in f"{done['title']} {done['result'].unique_id}"
    (asked,) = scripted.got(SUBSCRIBE)
    assert {"sensor", "garage/sensor"} <= set(filters(asked[3:]))
    assert not [one for one in filters(asked[3:]) if "+" in one or "#" in one]
    assert all(b"planted-key" in packet for packet in scripted.got(CONNECT))


async def test_two_keys_on_one_cloud_are_two_connections(hass: HomeAssistant, scripted: ScriptedBroker) -> None:
    results = []
    for key in ("first", "second", "first"):
        flow = await submit(hass, await start(hass, "cloud"), broker_form(scripted.port, api_key=key))
        results.append(flow if flow["type"] is FlowResultType.ABORT else await fill_in(hass, flow))

    assert [result["type"] for result in results] == [FlowResultType.CREATE_ENTRY] * 2 + [FlowResultType.ABORT]
    assert results[2]["reason"] == "already_configured"


async def test_refused_password_is_asked_for_until_the_broker_takes_it(
    hass: HomeAssistant, scripted: ScriptedBroker, setup_entry: AsyncMock
) -> None:
    """The user is known already; the entry is reloaded with what works."""
    entry = add_entry(hass, scripted.port, username="btr", password="old")
    flow = await entry.start_reauth_flow(hass)
    assert flow["step_id"] == "reauth_confirm"
    assert suggested(flow) == {"username": "btr", "password": None}

    scripted.connack = 134
    failed = await submit(hass, flow, {"username": "btr", "password": "wrong"})
    assert failed["errors"] == {"base": "invalid_auth"}
    failed = await submit(hass, failed, {"password": "wrong"})
    assert failed["errors"] == {"username": "username_missing"}
    assert entry.data["password"] == "old"

    scripted.connack = 0
    done = await submit(hass, failed, {"username": "btr", "password": "new"})
    await hass.async_block_till_done()
    assert done["reason"] == "reauth_successful"
    assert (entry.data["username"], entry.data["password"]) == ("btr", "new")
    assert setup_entry.await_count == 1


async def test_broker_that_wants_a_user_now_can_have_one(hass: HomeAssistant, scripted: ScriptedBroker) -> None:
    entry = add_entry(hass, scripted.port)
    flow = await entry.start_reauth_flow(hass)
    assert suggested(flow)["username"] == ""
    done = await submit(hass, flow, {"username": "btr", "password": "new"})

    assert done["reason"] == "reauth_successful"
    assert entry.data["client_id"] == entry_data(1)["client_id"]


async def test_refused_key_is_asked_for_and_must_not_be_that_of_another_entry(
    hass: HomeAssistant, scripted: ScriptedBroker
) -> None:
    add_entry(hass, scripted.port, connection="cloud", client_id="taken")
    entry = add_entry(hass, scripted.port, connection="cloud", client_id="old")
    flow = await entry.start_reauth_flow(hass)
    assert flow["step_id"] == "reauth_key"
    assert (await submit(hass, flow, {"api_key": "taken"}))["reason"] == "already_configured"

    done = await submit(hass, await entry.start_reauth_flow(hass), {"api_key": "new"})
    assert done["reason"] == "reauth_successful"
    assert entry.data["client_id"] == "new"
    assert entry.unique_id == unique_id_of(entry.data)


async def test_everything_of_an_own_broker_can_be_changed_and_secrets_are_kept_unseen(
    hass: HomeAssistant, scripted: ScriptedBroker, setup_entry: AsyncMock
) -> None:
    """What is left empty stays; the title follows the host as long as nobody gave the entry a name."""
    entry = add_entry(
        hass, 1, "old-host", host="old-host", client_id="planted-id", username="btr", password="planted-password"
    )
    flow = await entry.start_reconfigure_flow(hass)
    assert flow["step_id"] == "own_broker"
    assert "planted" not in str(suggested(flow))
    assert (suggested(flow)["host"], suggested(flow)["username"]) == ("old-host", "btr")

    flow = await submit(hass, flow, broker_form(scripted.port, username="btr", advanced={"keepalive": 30}))
    assert flow["step_id"] == "topics"
    done = await fill_in(hass, flow, battery_prefixes=["lab/+"])
    await hass.async_block_till_done()

    assert done["reason"] == "reconfigure_successful"
    assert entry.title == "127.0.0.1"
    assert entry.unique_id == unique_id_of(entry.data)
    assert (entry.data["port"], entry.data["keepalive"]) == (scripted.port, 30)
    assert (entry.data["client_id"], entry.data["password"]) == ("planted-id", "planted-password")
    assert entry.data["battery_prefixes"] == ["lab/+", ""]
    assert setup_entry.await_count == 1


async def test_without_a_user_the_known_password_is_forgotten(hass: HomeAssistant, scripted: ScriptedBroker) -> None:
    entry = add_entry(hass, scripted.port, "Named by me", username="btr", password="old")
    flow = await submit(hass, await entry.start_reconfigure_flow(hass), broker_form(scripted.port))
    assert (await fill_in(hass, flow))["reason"] == "reconfigure_successful"

    assert (entry.data["username"], entry.data["password"]) == (None, None)
    assert entry.title == "Named by me"


async def test_reconfiguring_keeps_a_key_that_is_not_typed_again(hass: HomeAssistant, scripted: ScriptedBroker) -> None:
    entry = add_entry(hass, scripted.port, connection="cloud", client_id="planted-key", bath_root="")
    flow = await entry.start_reconfigure_flow(hass)
    assert flow["step_id"] == "cloud"
    assert "planted" not in str(suggested(flow))
    flow = await submit(hass, flow, broker_form(scripted.port))
    assert suggested(flow)["bath_root"] == ""
    assert (await fill_in(hass, flow))["reason"] == "reconfigure_successful"

    assert entry.data["client_id"] == "planted-key"


async def test_entry_cannot_be_moved_onto_the_broker_of_another(hass: HomeAssistant, scripted: ScriptedBroker) -> None:
    add_entry(hass, scripted.port)
    entry = add_entry(hass, 1)
    moved = await submit(hass, await entry.start_reconfigure_flow(hass), broker_form(scripted.port))

    assert moved["reason"] == "already_configured"
    assert entry.data["port"] == 1


async def test_s1_known_authority_is_kept_replaced_or_found_to_be_damaged(
    hass: HomeAssistant, scripted: ScriptedBroker, tmp_path: Path, hass_client: ClientSessionGenerator
) -> None:
    authority = Authority()
    await scripted.stop()
    await scripted.start(authority.broker_context(tmp_path))
    entry = add_entry(hass, scripted.port, encryption="own_ca", certificate="damaged")
    typed = broker_form(scripted.port, encryption="own_ca")
    failed = await submit(hass, await entry.start_reconfigure_flow(hass), typed)
    assert failed["errors"] == {"certificate": "certificate_invalid"}

    file_id = await upload(hass, hass_client, authority.pem.encode())
    flow = await submit(hass, failed, {**typed, "certificate": file_id})
    assert (await fill_in(hass, flow))["reason"] == "reconfigure_successful"
    assert entry.data["certificate"] == authority.pem
    flow = await submit(hass, await entry.start_reconfigure_flow(hass), typed)
    assert (await fill_in(hass, flow))["reason"] == "reconfigure_successful"
    assert entry.data["certificate"] == authority.pem
