"""What Home Assistant does for the user when a repair issue is submitted."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from homeassistant.components.repairs import repairs_flow_manager
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, UnknownStep
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component

from custom_components.btr import engines
from custom_components.btr.const import DOMAIN
from tests.integration.models import CARD, MODELS, Engines, TestEngine, put_model, until
from tests.integration.stories import BATH, BATH_REGISTER, World

ENGINE = "sensor.battery_cell_7_inference_engine"
REFUSED = "model_refused"
SET_ASIDE = "model_set_aside_mine.onnx"
UNAVAILABLE = "engine_unavailable_shipped"


@pytest.fixture
def platforms() -> tuple[Platform, ...]:
    return (Platform.SENSOR, Platform.SELECT)


@pytest.fixture
def options(request: pytest.FixtureRequest) -> dict[str, Any]:
    """The engine that a test asks for in the options."""
    return {"engine": request.param} if hasattr(request, "param") else {}


@pytest.fixture
def shipped(tmp_path: Path) -> Iterator[Path]:
    """The shipped model, missing."""
    path = tmp_path / "battery_risk.onnx"
    with patch("custom_components.btr.MODEL_PATH", path):
        yield path


class Repairs:
    """What the user does under *Repairs*."""

    def __init__(self, hass: HomeAssistant, registry: ir.IssueRegistry) -> None:
        self.hass = hass
        self.registry = registry
        self.flow_id = ""

    def __contains__(self, issue_id: str) -> bool:
        return self.registry.async_get_issue(DOMAIN, issue_id) is not None

    async def opens(self, issue_id: str) -> Any:
        """The user opens an issue, and sees what can be done about it."""
        assert await async_setup_component(self.hass, "repairs", {})
        manager = repairs_flow_manager(self.hass)
        assert manager is not None
        result = await manager.async_init(DOMAIN, context={"issue_id": issue_id})
        self.flow_id = result["flow_id"]
        return result

    async def submits(self, **answers: Any) -> Any:
        """The user answers, and Home Assistant does what it said."""
        manager = repairs_flow_manager(self.hass)
        assert manager is not None
        result = await manager.async_configure(self.flow_id, answers)
        await self.hass.async_block_till_done(wait_background_tasks=True)
        return result


@pytest.fixture
def repairs(hass: HomeAssistant, issue_registry: ir.IssueRegistry) -> Repairs:
    return Repairs(hass, issue_registry)


def restore_model(path: Path) -> None:
    for suffix in (".onnx", ".json"):
        path.with_suffix(suffix).write_bytes((MODELS / f"rate{suffix}").read_bytes())


async def test_a_model_that_was_installed_again_is_loaded(shipped: Path, world: World, repairs: Repairs) -> None:
    await world.battery_lives(1)
    assert world.value(ENGINE) == "rules"
    form = await repairs.opens(REFUSED)
    assert form["step_id"] == "confirm"
    assert "battery_risk" in form["description_placeholders"]["reason"]
    restore_model(shipped)

    assert (await repairs.submits())["type"] is FlowResultType.CREATE_ENTRY

    await world.battery_lives(1)
    assert REFUSED not in repairs
    assert world.value(ENGINE) == "onnxruntime"


async def test_a_model_that_is_still_missing_is_told_again(shipped: Path, world: World, repairs: Repairs) -> None:
    """The flow withdraws its issue; what the reload finds must not go with it."""
    await repairs.opens(REFUSED)
    await repairs.submits()

    await until(world.hass, lambda: REFUSED in repairs)


async def test_an_entry_that_is_gone_needs_no_repair(shipped: Path, world: World, repairs: Repairs) -> None:
    """The form was open while somebody removed the entry."""
    await repairs.opens(REFUSED)
    await world.hass.config_entries.async_remove(world.entry.entry_id)

    result = await repairs.submits()

    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "entry_removed")


@pytest.mark.parametrize("options", ["onnxruntime"], indirect=True)
async def test_the_engine_of_this_machine_is_chosen(world: World, repairs: Repairs) -> None:
    with patch("platform.libc_ver", return_value=("musl", "1.2.5")):
        await world.restarts()
        form = await repairs.opens(UNAVAILABLE)
        assert form["description_placeholders"]["engine"] == "onnxruntime"
        await repairs.submits()
        await world.battery_lives(1)

    assert world.entry.options["engine"] == "automatic"
    assert UNAVAILABLE not in repairs
    assert world.value(ENGINE) == "numpy"


@pytest.fixture
async def set_aside(models_folder: Path, world: World) -> Path:
    """The user chose a model of their own without its card."""
    put_model(models_folder)
    (models_folder / "mine.json").unlink()
    await world.battery_lives(1)
    await world.acts("homeassistant", "update_entity", "select.battery_cell_7_model")
    with pytest.raises(HomeAssistantError):
        await world.acts("select", "select_option", "select.battery_cell_7_model", option="mine.onnx")
    return models_folder


@pytest.fixture(autouse=True)
async def _homeassistant(hass: HomeAssistant) -> None:
    assert await async_setup_component(hass, "homeassistant", {})


async def test_a_file_that_was_put_right_is_checked(set_aside: Path, world: World, repairs: Repairs) -> None:
    menu = await repairs.opens(SET_ASIDE)
    assert menu["type"] is FlowResultType.MENU
    assert menu["description_placeholders"]["model"] == "mine.onnx"
    put_model(set_aside)

    assert (await repairs.submits(next_step_id="retry"))["type"] is FlowResultType.CREATE_ENTRY
    assert SET_ASIDE not in repairs


@pytest.mark.parametrize("reason", ["every model needs its card", "a sample every 30 s"])
async def test_a_file_that_is_still_wrong_is_told(set_aside: Path, world: World, repairs: Repairs, reason: str) -> None:
    loading = Engines()
    if reason.startswith("a sample"):
        put_model(set_aside)
        loading.made["mine.onnx"] = TestEngine(card=replace(CARD, interval_s=30.0))
    await repairs.opens(SET_ASIDE)

    with patch.object(engines, "load_engine", loading):
        result = await repairs.submits(next_step_id="retry")

    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "still_unusable")
    assert reason in result["description_placeholders"]["reason"]
    assert SET_ASIDE in repairs


async def test_a_file_cannot_be_checked_while_the_entry_is_not_loaded(
    set_aside: Path, world: World, repairs: Repairs
) -> None:
    await repairs.opens(SET_ASIDE)
    await world.hass.config_entries.async_unload(world.entry.entry_id)

    result = await repairs.submits(next_step_id="retry")

    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "not_loaded")
    assert SET_ASIDE in repairs


async def test_a_model_that_is_not_wanted_any_more_is_let_go(set_aside: Path, world: World, repairs: Repairs) -> None:
    await repairs.opens(SET_ASIDE)

    assert (await repairs.submits(next_step_id="dismiss"))["type"] is FlowResultType.CREATE_ENTRY
    assert SET_ASIDE not in repairs
    assert world.value("select.battery_cell_7_model") == "shipped"


async def test_what_only_a_person_can_repair_has_no_flow(world: World, repairs: Repairs) -> None:
    await world.hears(f"{BATH}/register", {**BATH_REGISTER, "ip_address": "0.0.0.0"})

    with pytest.raises(UnknownStep):
        await repairs.opens("booted_offline_bath_lab-1")
    assert "booted_offline_bath_lab-1" in repairs
