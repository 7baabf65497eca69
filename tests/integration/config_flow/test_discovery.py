"""Discovery: a device is heard, Home Assistant offers the set-up; nonsense offers nothing."""

from typing import Any

import pytest
from homeassistant.config_entries import SOURCE_IGNORE
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_mqtt_message

from custom_components.btr.config_flow import HOME_ASSISTANT_MQTT
from custom_components.btr.const import DOMAIN
from tests.integration.config_flow.flows import (
    BATH_REGISTER,
    BATH_TELEMETRY,
    BATTERY_REGISTER,
    DATA_AS_IT_COMES,
    Broker,
    discover,
    fill_in,
    start,
)


@pytest.mark.parametrize(
    ("topic", "payload", "device"),
    [
        pytest.param("btr/cell-7/register", BATTERY_REGISTER, "cell-7", id="battery"),
        pytest.param("compostlab/v2/CP500/register", BATH_REGISTER, "CP500", id="bath that boots"),
        pytest.param("compostlab/v2/CP500/telemetry", BATH_TELEMETRY, "CP500", id="bath that runs"),
        pytest.param("compostlab/v2/CP500/telemetry", bytearray(BATH_TELEMETRY.encode()), "CP500", id="bytes"),
    ],
)
async def test_device_that_is_heard_is_offered_and_set_up_with_one_click(
    hass: HomeAssistant, connected: Broker, topic: str, payload: Any, device: str
) -> None:
    """The first message of either kind of device is enough."""
    offer = await discover(hass, topic, payload)
    assert offer["type"] is FlowResultType.FORM
    assert offer["step_id"] == "confirm"
    assert offer["description_placeholders"] == {"device": device}
    assert hass.config_entries.flow.async_progress()[0]["context"]["title_placeholders"] == {"name": device}

    done = await hass.config_entries.flow.async_configure(offer["flow_id"], {})

    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert done["data"] == DATA_AS_IT_COMES
    assert done["result"].unique_id == HOME_ASSISTANT_MQTT


async def test_home_assistant_hears_a_device_on_the_topics_of_the_manifest(
    hass: HomeAssistant, connected: Broker
) -> None:
    """The whole way: a message on the broker, Home Assistant's discovery, our offer."""
    async_fire_mqtt_message(hass, "btr/cell-7/register", BATTERY_REGISTER, retain=True)
    await hass.async_block_till_done()

    offers = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert [offer["step_id"] for offer in offers] == ["confirm"]


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        pytest.param("btr/cell-7/register", "", id="deleted"),
        pytest.param("btr/cell-7/register", "hello", id="words"),
        pytest.param("btr/cell-7/register", "[1, 2]", id="list"),
        pytest.param("btr/cell-7/register", '{"colour": "red"}', id="foreign fields"),
        pytest.param("btr/cell-7/register", b"\xff\xfe", id="no text"),
        pytest.param("btr/cell-7/register", "[" * 100_000, id="deep"),
        pytest.param("compostlab/v2/CP500/telemetry", '{"channels": 3}', id="no channels"),
        pytest.param("compostlab/v2/CP500/response", BATH_TELEMETRY, id="topic that only we write"),
        pytest.param("somewhere/else", BATTERY_REGISTER, id="foreign topic"),
    ],
)
async def test_nonsense_on_the_topics_is_no_discovery(
    hass: HomeAssistant, connected: Broker, caplog: pytest.LogCaptureFixture, topic: str, payload: Any
) -> None:
    """Anybody may publish there; only what our codec reads as a device counts."""
    ignored = await discover(hass, topic, payload)

    assert ignored["type"] is FlowResultType.ABORT
    assert ignored["reason"] == "invalid_discovery_info"
    assert not [record for record in caplog.records if record.levelname in {"WARNING", "ERROR"}]


async def test_device_that_is_heard_when_all_is_set_up_offers_nothing(
    hass: HomeAssistant, connected: Broker, entry: MockConfigEntry
) -> None:
    """Devices of an entry are added by the hub, not by discovery."""
    assert (await discover(hass, "btr/cell-8/register", BATTERY_REGISTER))["reason"] == "already_configured"


async def test_two_devices_make_one_offer(hass: HomeAssistant, connected: Broker) -> None:
    """The entry stands for the connection, whoever is heard first."""
    await discover(hass, "btr/cell-7/register", BATTERY_REGISTER)

    assert (await discover(hass, "btr/cell-8/register", BATTERY_REGISTER))["reason"] == "already_in_progress"


async def test_offer_that_was_ignored_does_not_come_back(hass: HomeAssistant, connected: Broker) -> None:
    """The user said no; by hand it still goes."""
    MockConfigEntry(domain=DOMAIN, source=SOURCE_IGNORE, unique_id=HOME_ASSISTANT_MQTT).add_to_hass(hass)

    assert (await discover(hass, "btr/cell-7/register", BATTERY_REGISTER))["reason"] == "already_configured"
    assert (await fill_in(hass, await start(hass)))["type"] is FlowResultType.CREATE_ENTRY


async def test_user_may_set_up_by_hand_what_was_offered(hass: HomeAssistant, connected: Broker) -> None:
    """The offer that waits is withdrawn as soon as the entry exists."""
    await discover(hass, "btr/cell-7/register", BATTERY_REGISTER)

    assert (await fill_in(hass, await start(hass)))["type"] is FlowResultType.CREATE_ENTRY

    assert hass.config_entries.flow.async_progress_by_handler(DOMAIN) == []


async def test_offer_survives_a_broker_that_fell_silent(
    hass: HomeAssistant, connected: Broker, impatient: None
) -> None:
    """Between the discovery and the click the broker may be gone."""
    offer = await discover(hass, "btr/cell-7/register", BATTERY_REGISTER)

    connected.silent = True
    failed = await hass.config_entries.flow.async_configure(offer["flow_id"], {})
    assert failed["step_id"] == "confirm"
    assert failed["errors"] == {"base": "no_answer"}

    connected.recover()
    done = await hass.config_entries.flow.async_configure(failed["flow_id"], {})
    assert done["type"] is FlowResultType.CREATE_ENTRY
