"""The user's own models: offered, chosen, remembered, opened by an action."""

from pathlib import Path

import numpy as np
import pytest
from homeassistant.components.homeassistant import SERVICE_UPDATE_ENTITY
from homeassistant.core import DOMAIN as HOMEASSISTANT
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component

from custom_components.btr.core.errors import EngineError, ModelCardError
from custom_components.btr.hub import BtrHub
from tests.integration.model_choice.choosing import AT_WORK, MODEL, RISK, a_battery, choose
from tests.integration.models import Engines, TestEngine, calm, put_model
from tests.integration.stories import NODE, World


async def test_the_shipped_model_is_at_work_and_the_users_are_offered_by_their_file_names(world: World) -> None:
    await a_battery(world, 1)
    assert world.value(MODEL) == "shipped"
    assert world.state(MODEL).attributes["options"] == ["shipped", "mine.onnx"]
    assert world.value(AT_WORK) == "rate 1"


async def test_a_chosen_model_is_at_work_at_once_and_still_after_a_restart(
    world: World, loading: Engines, issue_registry: ir.IssueRegistry
) -> None:
    loading.made["mine.onnx"] = TestEngine(lambda windows: np.full(len(windows), 0.12, np.float32))
    await a_battery(world)
    await choose(world, "mine.onnx")
    await a_battery(world, 1)
    assert world.value(MODEL) == "mine.onnx"
    assert world.value(RISK) == "12.0"
    await world.restarts()
    assert world.value(MODEL) == "mine.onnx"
    await a_battery(world)
    assert world.value(RISK) == "12.0"
    assert not issue_registry.issues


async def test_a_real_file_of_the_users_runs_and_is_named(world: World) -> None:
    await a_battery(world)
    await choose(world, "mine.onnx")
    assert world.value(AT_WORK) == "mine 1"
    await world.battery_lives(10, lambda time_s: 25.0 + 2 * time_s)
    assert float(world.value(RISK)) > 50


async def test_a_new_file_is_offered_within_a_minute(world: World, folder: Path) -> None:
    await a_battery(world, 1)
    put_model(folder, "newer")
    await world.passes(61, step_s=30.5)
    assert world.state(MODEL).attributes["options"] == ["shipped", "mine.onnx", "newer.onnx"]


async def test_a_new_file_is_offered_at_once_when_the_select_is_updated(world: World, folder: Path) -> None:
    assert await async_setup_component(world.hass, HOMEASSISTANT, {})
    await a_battery(world, 1)
    put_model(folder, "newer")
    await world.acts(HOMEASSISTANT, SERVICE_UPDATE_ENTITY, MODEL)
    assert "newer.onnx" in world.state(MODEL).attributes["options"]


async def test_a_chosen_model_whose_file_is_gone_stays_at_work_and_on_the_menu(world: World, folder: Path) -> None:
    await a_battery(world)
    await choose(world, "mine.onnx")
    (folder / "mine.onnx").unlink()
    await world.passes(61, step_s=30.5)
    assert world.value(MODEL) == "mine.onnx"
    assert world.value(AT_WORK) == "mine 1"


async def test_a_file_that_was_replaced_is_read_when_it_is_chosen_again(world: World, folder: Path) -> None:
    await a_battery(world)
    await choose(world, "mine.onnx")
    put_model(folder, version="2")
    await a_battery(world, 1)
    assert world.value(AT_WORK) == "mine 1"
    await choose(world, "shipped")
    await choose(world, "mine.onnx")
    assert world.value(AT_WORK) == "mine 2"


async def test_batteries_may_have_different_models_and_each_gets_its_own_answers(
    world: World, loading: Engines
) -> None:
    loading.made["rate.onnx"] = shipped = TestEngine(calm)
    loading.made["mine.onnx"] = mine = TestEngine(lambda windows: np.full(len(windows), 0.25, np.float32))
    await world.restarts()
    for count in range(70):
        for cell, temp_c in (("a", 20.0), ("b", 30.0)):
            sample = {"timestamp_ms": 500 * count, "temp_internal_c": temp_c, "temp_ambient_c": temp_c}
            world.says(f"btr/{cell}/sensor", sample)
        await world.passes(0.5)
        if count == 5:
            await choose(world, "mine.onnx", "select.battery_b_model")
    assert world.value("sensor.battery_a_runaway_risk") == "0.0"
    assert world.value("sensor.battery_b_runaway_risk") == "25.0"
    assert {float(rows.max()) for rows in shipped.asked} == {20.0}
    assert {float(rows.min()) for rows in mine.asked} == {30.0}


async def test_a_battery_that_comes_back_after_it_was_deleted_has_its_model_again(world: World, hub: BtrHub) -> None:
    await a_battery(world)
    await choose(world, "mine.onnx")
    world.says(f"{NODE}/availability", "offline")
    await world.passes(1)
    (key,) = hub.devices
    assert hub.forget(key)
    await world.battery_lives(1)
    assert hub.risk.status_of(key).model == "mine 1"


async def test_an_action_gets_an_engine_of_its_own(world: World, hub: BtrHub, loading: Engines) -> None:
    await a_battery(world)
    own = await hub.risk.async_open("mine.onnx")
    assert own.card.name == "mine"
    assert (await hub.risk.async_open()).card.name == "rate"
    assert [name for name, _ in loading.loaded].count("rate.onnx") == 2
    with pytest.raises(ModelCardError, match="not the name of a model file"):
        await hub.risk.async_open("../mine.onnx")
    loading.made["rate.onnx"] = EngineError("nothing runs here")
    assert (await hub.risk.async_open()).name == "rules"
