"""An entry that exists: other topics by reconfiguring, other behaviour by its options."""

import json
from pathlib import Path
from unittest.mock import AsyncMock

import pytest
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.btr import config_flow
from custom_components.btr.settings import EngineChoice, EntrySettings
from tests.integration.config_flow.flows import DATA_AS_IT_COMES, TOPICS_AS_THEY_COME, Broker, fill_in, suggested


async def test_topics_are_changed_and_the_entry_is_reloaded(
    hass: HomeAssistant, connected: Broker, entry: MockConfigEntry, setup_entry: AsyncMock
) -> None:
    """The form shows the present topics, the entry lives on with the new ones and keeps its options."""
    hass.config_entries.async_update_entry(entry, options={"update_interval": 10.0, "new_devices": False})
    await hass.config_entries.async_setup(entry.entry_id)
    flow = await entry.start_reconfigure_flow(hass)
    assert flow["step_id"] == "reconfigure"
    assert suggested(flow) == TOPICS_AS_THEY_COME

    done = await fill_in(hass, flow, battery_prefixes=["lab/+"], original_node=False, bath_root="baths")
    await hass.async_block_till_done()

    assert done["type"] is FlowResultType.ABORT
    assert done["reason"] == "reconfigure_successful"
    assert entry.data == {"battery_prefixes": ["lab/+"], "bath_root": "baths"}
    assert entry.options == {"update_interval": 10.0, "new_devices": False}
    assert entry.state is ConfigEntryState.LOADED
    assert setup_entry.await_count == 2


async def test_reconfigure_recovers_from_bad_topics_and_a_silent_broker(
    hass: HomeAssistant, connected: Broker, impatient: None, entry: MockConfigEntry
) -> None:
    """The entry stays as it was until all is well."""
    flow = await entry.start_reconfigure_flow(hass)

    failed = await fill_in(hass, flow, bath_root="#")
    assert failed["errors"] == {"bath_root": "bad_root"}
    connected.silent = True
    failed = await fill_in(hass, failed, bath_root="baths")
    assert failed["errors"] == {"base": "no_answer"}
    assert entry.data == DATA_AS_IT_COMES

    connected.recover()
    assert (await fill_in(hass, failed, bath_root="baths"))["reason"] == "reconfigure_successful"
    assert entry.data["bath_root"] == "baths"


async def test_options_are_stored_and_the_entry_is_reloaded(
    hass: HomeAssistant, connected: Broker, entry: MockConfigEntry, setup_entry: AsyncMock
) -> None:
    """Behaviour is an option and does not touch the topics; it is in force at once."""
    await hass.config_entries.async_setup(entry.entry_id)
    flow = await hass.config_entries.options.async_init(entry.entry_id)
    assert flow["step_id"] == "init"
    assert flow["data_schema"] is not None
    assert flow["data_schema"]({}) == {
        "update_interval": 5.0,
        "new_devices": True,
        "engine": "automatic",
        "black_box_length": 10,
    }

    chosen = {"update_interval": 30, "new_devices": False, "engine": "numpy", "black_box_length": 20}
    done = await hass.config_entries.options.async_configure(flow["flow_id"], chosen)
    await hass.async_block_till_done()

    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options == chosen
    assert entry.data == DATA_AS_IT_COMES
    assert setup_entry.await_count == 2
    settings = EntrySettings.from_options({**entry.data, **entry.options})
    assert (settings.update_interval_s, settings.new_devices) == (30.0, False)
    assert settings.engine is EngineChoice.NUMPY

    again = await hass.config_entries.options.async_init(entry.entry_id)
    assert suggested(again) == chosen


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_every_engine_that_can_be_chosen_has_its_name(language: str) -> None:
    """The list of the form shows names, not keys."""
    texts = json.loads((Path(config_flow.__file__).parent / "translations" / f"{language}.json").read_text())
    assert set(texts["selector"]["engine"]["options"]) == set(EngineChoice)
