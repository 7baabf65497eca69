"""The user's own models: chosen, remembered, refused, set aside; and what watches when one of them fails."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from homeassistant.components.homeassistant import SERVICE_UPDATE_ENTITY
from homeassistant.const import STATE_ON, Platform
from homeassistant.core import DOMAIN as HOMEASSISTANT
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from homeassistant.util.dt import utcnow

from custom_components.btr import engines, lane
from custom_components.btr.const import DOMAIN
from custom_components.btr.core.errors import EngineError, ModelCardError
from custom_components.btr.hub import BtrHub
from tests.integration.models import CARD, Blocked, Engines, TestEngine, alarmed, broken, calm, put_model
from tests.integration.stories import NODE, World

MODEL = "select.battery_cell_7_model"
ENGINE = "sensor.battery_cell_7_inference_engine"
AT_WORK = "sensor.battery_cell_7_model"
RISK = "sensor.battery_cell_7_runaway_risk"
LEVEL = "sensor.battery_cell_7_risk_level"
RUNAWAY = "binary_sensor.battery_cell_7_thermal_runaway"
SET_ASIDE = "model_set_aside_mine.onnx"


@pytest.fixture
def platforms() -> tuple[Platform, ...]:
    return (Platform.SENSOR, Platform.BINARY_SENSOR, Platform.SELECT)


@pytest.fixture(autouse=True)
def folder(models_folder: Path) -> Path:
    """The user's folder, with one good model."""
    put_model(models_folder)
    return models_folder


@pytest.fixture(autouse=True)
def loading(folder: Path) -> Iterator[Engines]:
    """What is loaded, and by which engine."""
    with patch.object(engines, "load_engine", Engines()) as loading:
        yield loading


@pytest.fixture
def hub(world: World) -> BtrHub:
    hub: BtrHub = world.entry.runtime_data
    return hub


async def choose(world: World, option: str, entity_id: str = MODEL) -> None:
    """The user chooses a model."""
    await world.acts("select", "select_option", entity_id, option=option)


async def a_battery(world: World, seconds: float = 40) -> None:
    """A quiet battery, long enough for every model."""
    await world.battery_lives(seconds)
    assert world.value(LEVEL) == "normal"


def files(folder: Path) -> list[str]:
    """Everything that is in the folder."""
    return sorted(path.name for path in folder.iterdir())


def reason_of(registry: ir.IssueRegistry, issue_id: str = SET_ASIDE) -> str:
    """Why the user is told that a model is not used."""
    issue = registry.async_get_issue(DOMAIN, issue_id)
    assert issue is not None
    assert issue.translation_placeholders is not None
    return issue.translation_placeholders["reason"]


# --- offered, chosen, remembered


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


# --- refused


def spoil(folder: Path, how: str) -> None:
    """Make the user's model one that must not be used."""
    model, card = folder / "mine.onnx", folder / "mine.json"
    match how:
        case "no card":
            card.unlink()
        case "another file than the card's":
            put_model(folder, sha256="0" * 64)
        case "truncated":
            model.write_bytes(model.read_bytes()[:-40])
        case "too large":
            with model.open("ab") as file:
                file.truncate(6 * 1024 * 1024)
        case "a link out of the folder":
            put_model(folder.parent, "other")
            model.unlink()
            model.symlink_to(folder.parent / "other.onnx")
        case "a pickle":
            model.write_bytes(b"\x80\x04\x8c\x05posix\x8c\x06system\x93.")
        case "not a number":
            put_model(folder, source="not_a_number")
        case "external data":
            put_model(folder, source="external_data")
        case "a card with a thing too many":
            put_model(folder, pickle="scaler.pkl")


SPOILT = {
    "no card": "every model needs its card",
    "another file than the card's": "SHA-256",
    "truncated": "SHA-256",
    "too large": "6291456 bytes",
    "a link out of the folder": "link out of the folder",
    "a pickle": "SHA-256",
    "not a number": "not a number",
    "external data": "another file",
    "a card with a thing too many": "no such key",
}


@pytest.mark.parametrize("how", SPOILT)
async def test_m1_m2_a_model_that_is_refused_changes_nothing_and_the_user_learns_why(
    world: World, folder: Path, issue_registry: ir.IssueRegistry, how: str
) -> None:
    await a_battery(world)
    spoil(folder, how)
    with pytest.raises(HomeAssistantError, match=r"cannot be used|model_unusable") as refused:
        await choose(world, "mine.onnx")
    assert refused.value.translation_placeholders is not None
    assert SPOILT[how] in refused.value.translation_placeholders["reason"]
    assert SPOILT[how] in reason_of(issue_registry)
    assert world.value(MODEL) == "shipped"
    assert world.value(AT_WORK) == "rate 1"
    await a_battery(world, 1)
    assert float(world.value(RISK)) < 20


async def test_a_model_on_a_grid_too_coarse_for_any_window_is_refused(world: World, loading: Engines) -> None:
    loading.made["mine.onnx"] = TestEngine(card=replace(CARD, interval_s=30.0))
    await a_battery(world)
    with pytest.raises(HomeAssistantError) as refused:
        await choose(world, "mine.onnx")
    assert refused.value.translation_placeholders is not None
    assert "a sample every 30 s" in refused.value.translation_placeholders["reason"]
    await a_battery(world, 1)
    assert float(world.value(RISK)) < 20


async def test_m2_what_is_not_on_the_menu_cannot_be_chosen(world: World, folder: Path) -> None:
    put_model(folder.parent, "secret")
    await a_battery(world, 1)
    for name in ("../secret.onnx", str(folder.parent / "secret.onnx"), "rate.onnx", "off"):
        with pytest.raises(ServiceValidationError):
            await choose(world, name)
    assert world.value(MODEL) == "shipped"


async def test_m2_no_message_brings_a_model_or_names_one(
    world: World, folder: Path, loading: Engines, issue_registry: ir.IssueRegistry
) -> None:
    await a_battery(world)
    before = files(folder)
    loaded = list(loading.loaded)
    model = (folder / "mine.onnx").read_bytes()
    for topic in ("model", "model/set", "select/model/set", "sensor", "register", "availability", "response"):
        for payload in (
            model,
            b'{"model": "mine.onnx"}',
            b"mine.onnx",
            b'{"model": "../x.onnx", "shadow_model": "on"}',
        ):
            world.says(f"{NODE}/{topic}", payload, retained=topic == "register")
    await a_battery(world, 2)
    assert files(folder) == before
    assert loading.loaded == loaded
    assert world.value(MODEL) == "shipped"
    assert world.value(AT_WORK) == "rate 1"
    assert not issue_registry.issues


async def test_a_model_that_broke_while_home_assistant_was_down_is_set_aside_at_the_start(
    world: World, folder: Path, issue_registry: ir.IssueRegistry
) -> None:
    await a_battery(world)
    await choose(world, "mine.onnx")
    (folder / "mine.json").unlink()
    await world.restarts()
    assert "every model needs its card" in reason_of(issue_registry)
    await world.passes(61, step_s=30.5)
    assert world.value(MODEL) == "shipped"
    assert world.value(AT_WORK) == "rate 1"


async def test_a_repaired_model_works_again_when_it_is_chosen_again(
    world: World, folder: Path, issue_registry: ir.IssueRegistry
) -> None:
    await a_battery(world)
    spoil(folder, "no card")
    with pytest.raises(HomeAssistantError):
        await choose(world, "mine.onnx")
    put_model(folder)
    await choose(world, "mine.onnx")
    assert not issue_registry.issues
    assert world.value(MODEL) == "mine.onnx"
    assert world.value(AT_WORK) == "mine 1"


async def test_an_issue_about_a_model_survives_a_restart_until_its_file_is_gone(
    world: World, folder: Path, issue_registry: ir.IssueRegistry
) -> None:
    await a_battery(world, 1)
    spoil(folder, "no card")
    with pytest.raises(HomeAssistantError):
        await choose(world, "mine.onnx")
    issue = issue_registry.async_get_issue(DOMAIN, SET_ASIDE)
    assert issue is not None
    assert issue.is_persistent
    await world.restarts()
    assert issue_registry.async_get_issue(DOMAIN, SET_ASIDE) is not None
    (folder / "mine.onnx").unlink()
    await world.restarts()
    assert not issue_registry.issues


async def test_no_issue_about_a_model_is_left_when_the_entry_is_removed(
    world: World, folder: Path, issue_registry: ir.IssueRegistry
) -> None:
    await a_battery(world, 1)
    spoil(folder, "no card")
    with pytest.raises(HomeAssistantError):
        await choose(world, "mine.onnx")
    assert await world.hass.config_entries.async_remove(world.entry.entry_id)
    assert not issue_registry.issues


# --- failing at work


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


# --- asked from outside


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
