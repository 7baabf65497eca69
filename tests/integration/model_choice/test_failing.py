"""What watches when a model of the user's, or the shipped one, fails at work."""

import asyncio
from typing import Any

import pytest
from homeassistant.const import STATE_ON
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.util.dt import utcnow

from custom_components.btr import lane
from custom_components.btr.core.errors import EngineError, ModelCardError
from custom_components.btr.hub import BtrHub
from tests.integration.model_choice.choosing import (
    AT_WORK,
    ENGINE,
    LEVEL,
    MODEL,
    RISK,
    RUNAWAY,
    SET_ASIDE,
    a_battery,
    choose,
    reason_of,
)
from tests.integration.models import Blocked, Engines, TestEngine, alarmed, broken, calm
from tests.integration.stories import NODE, World


def no_number(windows: Any) -> Any:
    raise EngineError("model mine answered a value that is not a number; it does not count")


def out_of_memory(windows: Any) -> Any:
    raise MemoryError("Unable to allocate 4 TiB")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [(no_number, "not a number"), (out_of_memory, "MemoryError: Unable to allocate 4 TiB")],
)
async def test_i6_a_model_of_the_users_that_fails_gives_way_to_the_shipped_one(
    world: World, loading: Engines, issue_registry: ir.IssueRegistry, answer: Any, reason: str
) -> None:
    loading.made["mine.onnx"] = mine = TestEngine(calm)
    await a_battery(world)
    await choose(world, "mine.onnx")
    await a_battery(world, 1)
    mine.answer = answer
    await a_battery(world, 1)
    assert world.value(MODEL) == "shipped"
    assert world.value(ENGINE) == "onnxruntime"
    assert reason in reason_of(issue_registry)
    await a_battery(world, 1)
    assert float(world.value(RISK)) < 20  # at once: no window has to be collected anew
    await world.battery_lives(5, lambda time_s: 25.0 + 2 * time_s)
    assert float(world.value(RISK)) > 50


async def test_i6_a_model_of_the_users_that_does_not_answer_gives_way_to_the_shipped_one(
    world: World, hub: BtrHub, loading: Engines, issue_registry: ir.IssueRegistry
) -> None:
    blocked = Blocked()
    loading.made["mine.onnx"] = mine = TestEngine(calm)
    await a_battery(world)
    await choose(world, "mine.onnx")
    mine.answer = blocked
    world.says(f"{NODE}/sensor", {"timestamp_ms": 1_040_500, "temp_internal_c": 25.0})
    world.freezer.tick(0.5)
    hub._tick(utcnow())
    await world.hass.async_add_executor_job(blocked.under_way.wait, 30)
    world.freezer.tick(lane.ANSWER_WITHIN_S + 1)
    for _ in range(20):
        await asyncio.sleep(0)
    assert reason_of(issue_registry) == "no answer within 10 s"
    (key,) = hub.devices
    assert hub.risk.status_of(key).model == "rate 1"
    blocked.released.set()
    await a_battery(world, 2)
    assert world.value(MODEL) == "shipped"


async def test_i6_a_model_that_fails_concerns_no_battery_with_another(
    world: World, loading: Engines, issue_registry: ir.IssueRegistry
) -> None:
    loading.made["mine.onnx"] = TestEngine(broken)
    await a_battery(world)
    for count in range(70):
        world.says("btr/a/sensor", {"timestamp_ms": 500 * count, "temp_internal_c": 20.0})
        await world.battery_lives(0.5)
        if count == 1:
            await choose(world, "mine.onnx", "select.battery_a_model")
    assert world.value("select.battery_a_model") == "shipped"
    assert reason_of(issue_registry)
    assert float(world.value(RISK)) < 20
    assert float(world.value("sensor.battery_a_runaway_risk")) < 20


async def test_i6_a_broken_shipped_model_takes_no_model_of_the_users_along(
    world: World, loading: Engines, issue_registry: ir.IssueRegistry
) -> None:
    await a_battery(world)
    await choose(world, "mine.onnx")
    loading.made["rate.onnx"] = ModelCardError("the shipped model is damaged")
    await world.restarts()
    assert reason_of(issue_registry, "model_refused") == "the shipped model is damaged"
    await a_battery(world)
    assert world.value(ENGINE) == "onnxruntime"
    assert world.value(AT_WORK) == "mine 1"
    assert float(world.value(RISK)) < 20


async def test_i6_with_every_engine_broken_a_temperature_over_its_limit_alarms(
    world: World, loading: Engines, issue_registry: ir.IssueRegistry
) -> None:
    loading.made["rate.onnx"] = TestEngine(broken)
    loading.made["mine.onnx"] = TestEngine(broken)
    await world.restarts()
    await a_battery(world)
    await choose(world, "mine.onnx")
    await a_battery(world, 2)
    assert world.value(ENGINE) == "rules"
    assert world.value(MODEL) == "shipped"
    assert {issue_id for _, issue_id in issue_registry.issues} == {"engine_failed", SET_ASIDE}
    await world.battery_lives(2, 65.0)
    assert world.value(RUNAWAY) == STATE_ON
    assert world.value(LEVEL) == "danger"


async def test_what_an_alarmed_model_says_raises_and_the_alarm_outlives_the_model(
    hass: HomeAssistant, world: World, loading: Engines
) -> None:
    loading.made["mine.onnx"] = mine = TestEngine(alarmed)
    await a_battery(world)
    await choose(world, "mine.onnx")
    await world.battery_lives(2)
    assert world.value(RUNAWAY) == STATE_ON
    mine.answer = broken
    await world.battery_lives(2)
    assert world.value(MODEL) == "shipped"
    assert world.value(RUNAWAY) == STATE_ON
