"""What runs a model: the best engine that a machine can have, or the one that the user insists on."""

from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.requirements import RequirementsNotFound

from custom_components.btr import engines
from custom_components.btr.const import DOMAIN
from custom_components.btr.core.errors import EngineError
from custom_components.btr.core.risk.engine import EngineName
from custom_components.btr.hub import BtrHub
from tests.integration.models import Engines
from tests.integration.stories import World

ENGINE = "sensor.battery_cell_7_inference_engine"
RISK = "sensor.battery_cell_7_runaway_risk"
RUNAWAY = "binary_sensor.battery_cell_7_thermal_runaway"
NO_WHEELS = "there is no ONNX Runtime for this system"


@pytest.fixture
def platforms() -> tuple[Platform, ...]:
    return (Platform.SENSOR, Platform.BINARY_SENSOR)


@pytest.fixture
def options(request: pytest.FixtureRequest) -> dict[str, Any]:
    """The engine that a test asks for in the options."""
    return {"engine": request.param} if hasattr(request, "param") else {}


@pytest.fixture(autouse=True)
def loading() -> Iterator[Engines]:
    """What is loaded, and by which engine."""
    with patch.object(engines, "load_engine", Engines()) as loading:
        yield loading


@pytest.fixture
def machine() -> Iterator[dict[str, Any]]:
    """A machine on which nothing is installed yet, and what it says when something is asked for."""
    with (
        patch.object(engines, "async_process_requirements") as ask,
        patch("platform.libc_ver", return_value=("glibc", "2.36")) as libc,
    ):
        yield {"ask": ask, "libc": libc}


@pytest.fixture
def musl() -> Iterator[None]:
    """Home Assistant OS or Container."""
    with patch("platform.libc_ver", return_value=("musl", "1.2.5")):
        yield


@pytest.fixture
def hub(world: World) -> BtrHub:
    hub: BtrHub = world.entry.runtime_data
    return hub


async def load_again(hass: HomeAssistant, hub: BtrHub) -> None:
    """Look for an engine as at set-up, on a machine that may install."""
    with patch.object(hass.config, "skip_pip", False):
        await hub.risk.async_load()


# --- automatic


async def test_onnx_runtime_comes_first_and_needs_no_reason(world: World, loading: Engines) -> None:
    await world.battery_lives(1)
    assert loading.loaded == [("rate.onnx", "onnxruntime")]
    assert world.value(ENGINE) == "onnxruntime"
    assert "reason" not in world.state(ENGINE).attributes


async def test_the_runtime_is_asked_for_at_its_pinned_version(
    hass: HomeAssistant, hub: BtrHub, machine: dict[str, Any]
) -> None:
    await load_again(hass, hub)
    assert machine["ask"].call_args.args[2] == [engines.RUNTIME]
    assert hub.risk.status.engine == "onnxruntime"


async def test_on_musl_the_runtime_is_not_even_asked_for_and_numpy_runs_the_model(
    hass: HomeAssistant, world: World, hub: BtrHub, machine: dict[str, Any], issue_registry: ir.IssueRegistry
) -> None:
    machine["libc"].return_value = ("musl", "1.2.5")
    await load_again(hass, hub)
    await world.battery_lives(40)
    assert machine["ask"].call_count == 0
    assert world.value(ENGINE) == "numpy"
    assert world.state(ENGINE).attributes["reason"] == NO_WHEELS
    assert 0 <= float(world.value(RISK)) < 20
    await world.battery_lives(10, lambda time_s: 25.0 + 2 * time_s)
    assert float(world.value(RISK)) > 50
    assert not issue_registry.issues


async def test_a_runtime_that_cannot_be_installed_is_asked_for_once_until_its_version_changes(
    hass: HomeAssistant, hub: BtrHub, machine: dict[str, Any]
) -> None:
    machine["ask"].side_effect = RequirementsNotFound(DOMAIN, [engines.RUNTIME])
    await load_again(hass, hub)
    await load_again(hass, hub)
    assert machine["ask"].call_count == 1
    assert hub.risk.status.engine == "numpy"
    assert hub.risk.status.reason == f"{engines.RUNTIME} could not be installed before"
    with patch.object(engines, "RUNTIME", "onnxruntime==99.0"):
        await load_again(hass, hub)
    assert machine["ask"].call_count == 2


async def test_a_runtime_that_does_not_take_the_model_leaves_it_to_numpy(
    hass: HomeAssistant, hub: BtrHub, machine: dict[str, Any], issue_registry: ir.IssueRegistry
) -> None:
    refusing = Refusing("onnxruntime")
    with patch.object(engines, "load_engine", refusing):
        await load_again(hass, hub)
    assert hub.risk.status.engine == "numpy"
    assert hub.risk.status.reason == "onnxruntime takes no such model"
    assert not issue_registry.issues


async def test_i6_when_no_engine_takes_the_model_the_rules_go_on_and_an_issue_says_what_each_said(
    hass: HomeAssistant, world: World, hub: BtrHub, machine: dict[str, Any], issue_registry: ir.IssueRegistry
) -> None:
    with patch.object(engines, "load_engine", Refusing("onnxruntime", "numpy")):
        await load_again(hass, hub)
    issue = issue_registry.async_get_issue(DOMAIN, "engine_failed")
    assert issue is not None
    assert issue.translation_placeholders == {
        "engine": "automatic",
        "reason": "onnxruntime takes no such model; numpy takes no such model",
    }
    assert hub.risk.status.engine == "rules"
    await world.battery_lives(18, lambda time_s: 40.0 + 5.0 * max(0, time_s - 10))
    assert world.value(RUNAWAY) == "on"
    await load_again(hass, hub)
    assert not issue_registry.issues


class Refusing(Engines):
    """Engines of which some refuse every model."""

    def __init__(self, *names: str) -> None:
        super().__init__()
        self.names = names

    def __call__(self, path: Any, prefer: EngineName = "automatic") -> Any:
        if prefer in self.names:
            raise EngineError(f"{prefer} takes no such model")
        return super().__call__(path, prefer)


# --- the user insists


@pytest.mark.parametrize("options", ["numpy"], indirect=True)
async def test_numpy_can_be_forced_where_onnx_runtime_could_be_had(
    world: World, loading: Engines, issue_registry: ir.IssueRegistry
) -> None:
    await world.battery_lives(1)
    assert loading.loaded == [("rate.onnx", "numpy")]
    assert world.value(ENGINE) == "numpy"
    assert "reason" not in world.state(ENGINE).attributes
    assert not issue_registry.issues


@pytest.mark.parametrize("options", ["onnxruntime"], indirect=True)
async def test_a_forced_engine_that_cannot_be_had_is_replaced_by_the_next_best_and_an_issue_says_why(
    hass: HomeAssistant, musl: None, world: World, hub: BtrHub, issue_registry: ir.IssueRegistry
) -> None:
    await world.battery_lives(1)
    assert world.value(ENGINE) == "numpy"
    issue = issue_registry.async_get_issue(DOMAIN, "engine_unavailable_shipped")
    assert issue is not None
    assert issue.translation_placeholders == {
        "engine": "onnxruntime",
        "instead": "numpy",
        "model": "rate",
        "reason": NO_WHEELS,
    }
    with patch("platform.libc_ver", return_value=("glibc", "2.36")):
        await world.restarts()
    assert not issue_registry.issues


@pytest.mark.parametrize("options", ["numpy"], indirect=True)
async def test_a_model_that_numpy_refuses_runs_on_onnx_runtime_even_if_numpy_is_forced(
    hass: HomeAssistant, world: World, hub: BtrHub, issue_registry: ir.IssueRegistry
) -> None:
    with patch.object(engines, "load_engine", Refusing("numpy")):
        await hub.risk.async_load()
    assert hub.risk.status.engine == "onnxruntime"
    issue = issue_registry.async_get_issue(DOMAIN, "engine_unavailable_shipped")
    assert issue is not None
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["reason"] == "numpy takes no such model"


@pytest.mark.parametrize("options", ["onnxruntime"], indirect=True)
async def test_to_force_onnx_runtime_asks_for_it_again(
    hass: HomeAssistant, hub: BtrHub, machine: dict[str, Any]
) -> None:
    machine["ask"].side_effect = RequirementsNotFound(DOMAIN, [engines.RUNTIME])
    await load_again(hass, hub)
    machine["ask"].side_effect = None
    await load_again(hass, hub)
    assert hub.risk.status.engine == "onnxruntime"


@pytest.mark.parametrize("options", ["rules"], indirect=True)
async def test_with_the_rules_alone_no_model_is_read_and_nothing_is_wrong(
    world: World, hub: BtrHub, loading: Engines, issue_registry: ir.IssueRegistry
) -> None:
    await world.battery_lives(1)
    assert loading.loaded == []
    assert world.value(ENGINE) == "rules"
    assert world.state(ENGINE).attributes["reason"] == "the rules alone were chosen in the options"
    assert not issue_registry.issues
    assert (await hub.risk.async_open()).name == "rules"
    await world.battery_lives(10, lambda time_s: 40.0 + 5.0 * time_s)
    assert world.value(RUNAWAY) == "on"
