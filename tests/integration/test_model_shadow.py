"""A model in the shadow: it is shown and counted, it has no say, and nothing it does harms the model that counts."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from homeassistant.const import STATE_UNKNOWN, Platform
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from homeassistant.util.dt import utcnow

from custom_components.btr import engines, lane
from custom_components.btr.const import DOMAIN
from custom_components.btr.hub import BtrHub
from custom_components.btr.risk_monitor import Role
from tests.integration.models import Blocked, Engines, TestEngine, alarmed, broken, calm, put_model, until
from tests.integration.stories import NODE, World

SHADOW = "select.battery_cell_7_shadow_model"
SHADOW_RISK = "sensor.battery_cell_7_shadow_risk"
DIFFERENCES = "sensor.battery_cell_7_shadow_disagreements"
AT_WORK = "sensor.battery_cell_7_model"
RISK = "sensor.battery_cell_7_runaway_risk"
LEVEL = "sensor.battery_cell_7_risk_level"
RUNAWAY = "binary_sensor.battery_cell_7_thermal_runaway"


@pytest.fixture
def platforms() -> tuple[Platform, ...]:
    return (Platform.SENSOR, Platform.BINARY_SENSOR, Platform.SELECT)


@pytest.fixture(autouse=True)
def loading(models_folder: Path, enable_all_entities: None) -> Iterator[Engines]:
    """The user has a model of their own; what is loaded, and by which engine."""
    put_model(models_folder)
    with patch.object(engines, "load_engine", Engines()) as loading:
        yield loading


@pytest.fixture
def mine(loading: Engines) -> TestEngine:
    """The user's model, which sees nothing."""
    loading.made["mine.onnx"] = mine = TestEngine(calm)
    return mine


@pytest.fixture
def hub(world: World) -> BtrHub:
    hub: BtrHub = world.entry.runtime_data
    return hub


async def choose(world: World, option: str) -> None:
    """The user chooses what runs in the shadow."""
    await world.acts("select", "select_option", SHADOW, option=option)


async def a_watched_battery(world: World) -> None:
    """A quiet battery with the user's model in the shadow, long enough for both."""
    await world.battery_lives(1)
    await choose(world, "mine.onnx")
    await world.battery_lives(40)


async def test_without_a_shadow_there_is_no_shadow_risk(world: World) -> None:
    await world.battery_lives(40)
    assert world.value(SHADOW) == "off"
    assert world.state(SHADOW).attributes["options"] == ["off", "shipped", "mine.onnx"]
    assert world.value(SHADOW_RISK) == STATE_UNKNOWN
    assert world.value(DIFFERENCES) == STATE_UNKNOWN


async def test_a_real_model_in_the_shadow_is_shown_and_agrees_with_its_twin(world: World) -> None:
    await a_watched_battery(world)
    await world.battery_lives(10, lambda time_s: 25.0 + 2 * time_s)
    assert float(world.value(SHADOW_RISK)) == float(world.value(RISK)) > 50
    assert world.value(DIFFERENCES) == "0"
    assert world.value(AT_WORK) == "rate 1"


async def test_i7_a_shadow_that_cries_is_counted_and_raises_nothing(world: World, mine: TestEngine) -> None:
    await a_watched_battery(world)
    mine.answer = alarmed
    await world.battery_lives(20)
    assert world.value(SHADOW_RISK) == "100.0"
    assert float(world.value(RISK)) < 20
    assert world.value(LEVEL) == "normal"
    assert world.value(RUNAWAY) == "off"
    assert int(world.value(DIFFERENCES)) >= 60  # two channels at 2 Hz, but for what has not been written yet


async def test_a_shadow_is_remembered_and_can_be_turned_off(world: World, mine: TestEngine) -> None:
    await a_watched_battery(world)
    await world.restarts()
    assert world.value(SHADOW) == "mine.onnx"
    await world.battery_lives(40)
    assert world.value(SHADOW_RISK) == "0.0"
    await choose(world, "off")
    asked = len(mine.asked)
    await world.battery_lives(6)
    assert world.value(SHADOW_RISK) == STATE_UNKNOWN
    assert len(mine.asked) == asked


async def test_the_same_model_in_both_roles_runs_in_two_engines(world: World, hub: BtrHub) -> None:
    await world.battery_lives(1)
    await choose(world, "shipped")
    workers = {id(worker.engine) for worker in hub.risk._workers.values()}
    assert len(workers) == 2
    await world.battery_lives(40)
    assert world.value(SHADOW_RISK) == world.value(RISK)


async def test_i6_a_shadow_that_fails_is_turned_off_and_the_model_at_work_notices_nothing(
    world: World, mine: TestEngine, issue_registry: ir.IssueRegistry
) -> None:
    await a_watched_battery(world)
    mine.answer = broken
    await world.battery_lives(1)
    assert world.value(SHADOW) == "off"
    assert issue_registry.async_get_issue(DOMAIN, "model_set_aside_mine.onnx") is not None
    assert world.value(AT_WORK) == "rate 1"
    assert world.value("sensor.battery_cell_7_inference_engine") == "onnxruntime"
    await world.battery_lives(5, lambda time_s: 25.0 + 2 * time_s)
    assert float(world.value(RISK)) > 50


async def test_i6_a_shipped_model_that_fails_in_the_shadow_goes_on_at_work(
    world: World, hub: BtrHub, loading: Engines, issue_registry: ir.IssueRegistry
) -> None:
    await world.battery_lives(40)
    loading.made["rate.onnx"] = TestEngine(broken)
    await choose(world, "shipped")
    await world.battery_lives(32)
    assert world.value(SHADOW) == "off"
    issue = issue_registry.async_get_issue(DOMAIN, "model_set_aside_shipped")
    assert issue is not None
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["model"] == "rate.onnx"
    assert world.value(AT_WORK) == "rate 1"
    assert float(world.value(RISK)) < 20


async def test_a_model_that_cannot_be_used_is_not_taken_into_the_shadow(world: World, models_folder: Path) -> None:
    (models_folder / "mine.json").unlink()
    await world.battery_lives(40)
    with pytest.raises(HomeAssistantError):
        await choose(world, "mine.onnx")
    assert world.value(SHADOW) == "off"
    assert float(world.value(RISK)) < 20


async def test_i5_a_shadow_that_hangs_does_not_hold_up_the_model_at_work(
    world: World, mine: TestEngine, loading: Engines
) -> None:
    loading.made["rate.onnx"] = shipped = TestEngine(lambda windows: np.full(len(windows), 0.12, np.float32))
    await world.restarts()
    hub: BtrHub = world.entry.runtime_data
    await a_watched_battery(world)
    blocked = Blocked()
    mine.answer = blocked
    shipped.asked.clear()
    lane_of = hub.risk._lanes.__getitem__
    for count in range(1, 9):
        world.says(f"{NODE}/sensor", {"timestamp_ms": 1_041_000 + 500 * count, "temp_internal_c": 25.0})
        world.freezer.tick(0.5)
        hub._tick(utcnow())
        await until(world.hass, lambda count=count: len(shipped.asked) == count and not lane_of(Role.ACTIVE).is_busy)
    assert lane_of(Role.SHADOW).is_busy
    blocked.released.set()
    await world.hass.async_block_till_done(wait_background_tasks=True)
    await world.battery_lives(1)
    assert world.value(RISK) == "12.0"
    assert world.value(SHADOW) == "mine.onnx"


async def test_i6_a_shadow_that_never_answers_is_turned_off(
    world: World, hub: BtrHub, mine: TestEngine, issue_registry: ir.IssueRegistry
) -> None:
    await a_watched_battery(world)
    blocked = Blocked()
    mine.answer = blocked
    world.says(f"{NODE}/sensor", {"timestamp_ms": 1_041_500, "temp_internal_c": 25.0})
    world.freezer.tick(0.5)
    hub._tick(utcnow())
    await world.hass.async_add_executor_job(blocked.under_way.wait, 30)
    world.freezer.tick(lane.ANSWER_WITHIN_S + 1)
    for _ in range(20):
        await asyncio.sleep(0)
    issue = issue_registry.async_get_issue(DOMAIN, "model_set_aside_mine.onnx")
    assert issue is not None
    assert hub.risk.status.engine == "onnxruntime"
    blocked.released.set()
    await world.battery_lives(1)
    assert world.value(SHADOW) == "off"
    assert world.value(AT_WORK) == "rate 1"
