"""Setting up by hand: what the user sees, and the way back from every error."""

import asyncio
from typing import Any
from unittest.mock import patch

import pytest
from homeassistant.components import mqtt
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.btr.config_flow import HOME_ASSISTANT_MQTT
from custom_components.btr.core.topics import TopicConfig
from custom_components.btr.settings import EntrySettings
from custom_components.btr.topics_form import from_form, to_form
from tests.integration.config_flow.flows import (
    DATA_AS_IT_COMES,
    TOPICS_AS_THEY_COME,
    Broker,
    fill_in,
    start,
    suggested,
    unsubscribed,
)


async def test_user_accepts_the_defaults_and_has_an_entry(hass: HomeAssistant, connected: Broker) -> None:
    """The form shows what suits devices as they come; one click makes the entry."""
    flow = await start(hass)
    assert flow["type"] is FlowResultType.FORM
    assert flow["step_id"] == "homeassistant_mqtt"
    assert suggested(flow) == TOPICS_AS_THEY_COME

    done = await fill_in(hass, flow)

    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert done["title"] == "BTR"
    assert done["data"] == DATA_AS_IT_COMES
    assert done["result"].unique_id == HOME_ASSISTANT_MQTT
    assert EntrySettings.from_options(done["data"]).topics == TopicConfig()


async def test_typed_topics_lose_blanks_and_outer_slashes_and_doubles(hass: HomeAssistant, connected: Broker) -> None:
    """What people copy from elsewhere is understood; an empty row is none."""
    done = await fill_in(
        hass,
        await start(hass),
        battery_prefixes=[" lab/+/", "/shed/pack", "shed/pack", "  "],
        original_node=False,
        bath_root=" /baths/ ",
    )

    assert done["data"] == {"battery_prefixes": ["lab/+", "shed/pack"], "bath_root": "baths"}


async def test_emptied_list_of_prefixes_stays_empty(hass: HomeAssistant, connected: Broker) -> None:
    """Somebody who has only baths takes every prefix out, and the frontend then leaves the field out."""
    form = {key: value for key, value in TOPICS_AS_THEY_COME.items() if key != "battery_prefixes"}

    flow = await start(hass)
    done = await hass.config_entries.flow.async_configure(flow["flow_id"], {**form, "original_node": False})

    assert done["data"]["battery_prefixes"] == []


async def test_second_entry_on_the_same_mqtt_is_refused(
    hass: HomeAssistant, connected: Broker, entry: MockConfigEntry
) -> None:
    """There is one MQTT client in Home Assistant, hence one entry on it."""
    refused = await start(hass)

    assert refused["type"] is FlowResultType.ABORT
    assert refused["reason"] == "already_configured"


async def test_without_the_mqtt_integration_the_user_is_sent_there(hass: HomeAssistant) -> None:
    """Nothing that could be typed into the form would help."""
    refused = await start(hass)

    assert refused["type"] is FlowResultType.ABORT
    assert refused["reason"] == "mqtt_missing"


async def test_after_mqtt_was_enabled_the_flow_goes_on(hass: HomeAssistant, connected: Broker) -> None:
    """The way back from the missing integration: enable it, start again."""
    with patch.object(mqtt, "mqtt_config_entry_enabled", return_value=False):
        assert (await start(hass))["reason"] == "mqtt_missing"

    assert (await fill_in(hass, await start(hass)))["type"] is FlowResultType.CREATE_ENTRY


async def test_silent_broker_is_an_error_until_it_answers(
    hass: HomeAssistant, connected: Broker, impatient: None
) -> None:
    """A client that believes to be connected proves nothing; the broker itself has to answer."""
    flow = await start(hass)

    connected.silent = True
    failed = await fill_in(hass, flow, bath_root="baths")
    assert len(connected.probes) == 1
    assert failed["errors"] == {"base": "no_answer"}
    assert suggested(failed)["bath_root"] == "baths"

    connected.recover()
    done = await fill_in(hass, failed, bath_root="baths")
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert done["data"]["bath_root"] == "baths"


async def test_lost_connection_is_an_error_until_it_is_back(
    hass: HomeAssistant, connected: Broker, mqtt_mock: Any
) -> None:
    """Without a connection there is nobody to ask, so nothing is waited for."""
    flow = await start(hass)

    mqtt_mock.connected = False
    failed = await fill_in(hass, flow)
    assert failed["errors"] == {"base": "no_answer"}
    assert connected.probes == []

    mqtt_mock.connected = True
    assert (await fill_in(hass, failed))["type"] is FlowResultType.CREATE_ENTRY


async def test_probe_asks_only_what_the_entry_will_ask_and_leaves_nothing_behind(
    hass: HomeAssistant, connected: Broker, impatient: None, mqtt_client_mock: Any
) -> None:
    """Access rules that let BTR work let the probe pass, and it is a new question each time."""
    flow = await start(hass)
    connected.silent = True
    failed = await fill_in(hass, flow)
    connected.recover()
    await fill_in(hass, failed)

    first, second = connected.probes
    assert first != second
    assert TopicConfig().route(first) is not None
    async with asyncio.timeout(5):
        while not {first, second} <= unsubscribed(mqtt_client_mock):  # noqa: ASYNC110 - the client tells nobody
            await asyncio.sleep(0.05)
    assert mqtt_client_mock.publish.mock_calls == []


async def test_probe_finds_a_topic_whatever_was_configured(hass: HomeAssistant, connected: Broker) -> None:
    """Without any wildcard among the prefixes the bath's topics serve."""
    done = await fill_in(hass, await start(hass), battery_prefixes=["shed/pack"], bath_root="baths")

    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert [topic.partition("/")[0] for topic in connected.probes] == ["baths"]


@pytest.mark.parametrize(
    ("typed", "errors"),
    [
        ({"battery_prefixes": ["btr/#"]}, {"battery_prefixes": "bad_prefix"}),
        ({"battery_prefixes": ["a//b"]}, {"battery_prefixes": "bad_prefix"}),
        ({"battery_prefixes": ["a/b+"]}, {"battery_prefixes": "bad_prefix"}),
        ({"battery_prefixes": ["a/+", "b/+"]}, {"battery_prefixes": "two_wildcards"}),
        ({"battery_prefixes": ["a/b", "a_b"]}, {"battery_prefixes": "same_device_twice"}),
        ({"battery_prefixes": ["battery"]}, {"battery_prefixes": "same_device_twice"}),
        ({"bath_root": "+/v2"}, {"bath_root": "bad_root"}),
        ({"bath_root": "baths/#"}, {"bath_root": "bad_root"}),
        ({"battery_prefixes": [], "original_node": False, "bath_root": "/"}, {"base": "no_topics"}),
        ({"battery_prefixes": ["btr/+"], "bath_root": "btr"}, {"base": "kinds_overlap"}),
    ],
)
async def test_unusable_topics_are_shown_at_their_field_and_can_be_corrected(
    hass: HomeAssistant, connected: Broker, typed: dict[str, Any], errors: dict[str, str]
) -> None:
    """The broker is not asked for nonsense; what was typed is still there to be corrected."""
    failed = await fill_in(hass, await start(hass), **typed)

    assert failed["type"] is FlowResultType.FORM
    assert failed["errors"] == errors
    assert suggested(failed) == {**TOPICS_AS_THEY_COME, **typed}
    assert connected.probes == []
    assert (await fill_in(hass, failed))["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize("prefixes", [[], [""], ["btr/+"], ["btr/+", ""], ["a/b", "c/+", ""]])
def test_form_and_entry_say_the_same(prefixes: list[str]) -> None:
    """The prefix that nobody can type is a switch in the form and comes back as it was."""
    data = {"battery_prefixes": prefixes, "bath_root": "baths"}

    assert from_form(to_form(data)) == data
