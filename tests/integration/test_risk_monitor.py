"""The model at work: whatever goes wrong with it, the rules go on and the user learns why."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from homeassistant.const import STATE_ON, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.requirements import RequirementsNotFound
from homeassistant.util.dt import utcnow
from numpy.typing import NDArray

from custom_components.btr import risk_monitor
from custom_components.btr.const import DOMAIN
from custom_components.btr.core.errors import EngineError
from custom_components.btr.core.risk.onnx_engine import OnnxRiskEngine
from custom_components.btr.hub import BtrHub
from tests.integration.stories import NODE, World

ENGINE = "sensor.battery_cell_7_inference_engine"
MODEL = "sensor.battery_cell_7_model"
RISK = "sensor.battery_cell_7_runaway_risk"
RUNAWAY = "binary_sensor.battery_cell_7_thermal_runaway"
LEVEL = "sensor.battery_cell_7_risk_level"


@pytest.fixture
def platforms() -> tuple[Platform, ...]:
    return (Platform.SENSOR, Platform.BINARY_SENSOR)


@pytest.fixture
def hub(world: World) -> BtrHub:
    hub: BtrHub = world.entry.runtime_data
    return hub


def runaway(time_s: float) -> float:
    """A temperature that no rule can miss."""
    return 40.0 + 5.0 * time_s


async def the_rules_still_alarm(world: World) -> None:
    """A runaway is found without any model."""
    await world.battery_lives(10)
    assert world.value(RUNAWAY) == "off"
    await world.battery_lives(8, runaway)
    assert world.value(RUNAWAY) == STATE_ON


# --- the model works


async def test_the_model_gives_the_risk(world: World, issue_registry: ir.IssueRegistry) -> None:
    await world.battery_lives(60)
    assert world.value(ENGINE) == "onnxruntime"
    assert "reason" not in world.state(MODEL).attributes
    assert 0 <= float(world.value(RISK)) < 20
    assert not issue_registry.issues
    await world.battery_lives(30, lambda time_s: 25.0 + 2 * time_s)
    assert float(world.value(RISK)) > 50


async def test_all_batteries_go_to_the_engine_as_one_batch_and_one_at_a_time(world: World, hub: BtrHub) -> None:
    batches: list[int] = []
    real = OnnxRiskEngine.predict

    def counted(engine: OnnxRiskEngine, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        batches.append(len(windows))
        assert threading.current_thread() is not threading.main_thread()
        return real(engine, windows)

    with patch.object(OnnxRiskEngine, "predict", counted):
        for count in range(90):
            for cell in range(4):
                sample = {"timestamp_ms": 500 * count, "temp_internal_c": 25.0, "temp_ambient_c": 24.0}
                world.says(f"btr/cell-{cell}/sensor", sample)
            await world.passes(0.5)
    assert max(batches) == 8
    assert len(batches) <= 90


async def test_windows_that_come_while_the_engine_is_busy_wait_for_it(world: World, hub: BtrHub) -> None:
    under_way, release = threading.Event(), threading.Event()
    batches: list[int] = []

    def slow(engine: OnnxRiskEngine, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        batches.append(len(windows))
        under_way.set()
        release.wait(30)
        return np.zeros(len(windows), np.float32)

    await world.battery_lives(60)
    with patch.object(OnnxRiskEngine, "predict", slow):
        for count in range(1, 5):
            world.says(f"{NODE}/sensor", {"timestamp_ms": 1_060_000 + 500 * count, "temp_internal_c": 25.0})
            world.freezer.tick(0.5)
            hub._tick(utcnow())
            await asyncio.sleep(0)
            await world.hass.async_add_executor_job(under_way.wait, 30)
        assert batches == [1]
        release.set()
        await world.hass.async_block_till_done(wait_background_tasks=True)
        await world.passes(1)
    assert batches == [1, 3]


async def test_i7_a_model_that_sees_nothing_lowers_no_hard_rule(world: World) -> None:
    def calm(engine: OnnxRiskEngine, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.zeros(len(windows), np.float32)

    with patch.object(OnnxRiskEngine, "predict", calm):
        await world.battery_lives(60)
        await world.battery_lives(20, lambda time_s: 60.0 + time_s)
        assert world.value(RISK) == "0.0"
        assert world.value(LEVEL) == "danger"


async def test_i7_one_window_over_the_threshold_raises_nothing(world: World) -> None:
    answers = iter([1.0])

    def once(engine: OnnxRiskEngine, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.full(len(windows), next(answers, 0.0), np.float32)

    with patch.object(OnnxRiskEngine, "predict", once):
        await world.battery_lives(70)
    assert world.value(RUNAWAY) == "off"
    assert world.value(LEVEL) == "normal"


# --- the model does not work (I6)


BROKEN_MODELS = ["missing", "truncated", "no_card", "wrong_shape"]


@pytest.fixture
def model_path(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """The model that a test asks for by its name; the good one if it does not ask."""
    models = Path(__file__).parents[1] / "fixtures" / "models"
    path = tmp_path / "battery_risk.onnx"
    good, card = (models / "rate.onnx").read_bytes(), (models / "rate.json").read_bytes()
    kind = getattr(request, "param", "good")
    if kind != "missing":
        path.write_bytes(good[: len(good) // 2] if kind == "truncated" else good)
    if kind == "wrong_shape":
        path.write_bytes((models / "wrong_output_shape.onnx").read_bytes())
    if kind != "no_card":
        path.with_suffix(".json").write_bytes(card)
    with patch("custom_components.btr.MODEL_PATH", path):
        yield path


@pytest.mark.parametrize("model_path", BROKEN_MODELS, indirect=True)
async def test_i6_a_refused_model_leaves_the_rules_an_issue_and_the_reason(
    world: World, issue_registry: ir.IssueRegistry
) -> None:
    await the_rules_still_alarm(world)
    issue = issue_registry.async_get_issue(DOMAIN, "model_refused")
    assert issue is not None
    assert issue.translation_placeholders is not None
    assert world.value(ENGINE) == "rules"
    assert world.state(MODEL).attributes["reason"] == issue.translation_placeholders["reason"]


@pytest.mark.parametrize("model_path", ["missing"], indirect=True)
async def test_i6_the_issue_is_gone_when_the_model_is_back(
    world: World, model_path: Path, issue_registry: ir.IssueRegistry
) -> None:
    assert issue_registry.async_get_issue(DOMAIN, "model_refused") is not None
    models = Path(__file__).parents[1] / "fixtures" / "models"
    for suffix in (".onnx", ".json"):
        model_path.with_suffix(suffix).write_bytes((models / f"rate{suffix}").read_bytes())
    await world.restarts()
    assert issue_registry.async_get_issue(DOMAIN, "model_refused") is None


async def test_i6_an_engine_that_answers_nonsense_is_replaced_by_the_rules(
    world: World, issue_registry: ir.IssueRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")

    def broken(engine: OnnxRiskEngine, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        raise EngineError("the model answered a value that is not a number")

    with patch.object(OnnxRiskEngine, "predict", broken):
        await world.battery_lives(60)
        await the_rules_still_alarm(world)
    issue = issue_registry.async_get_issue(DOMAIN, "engine_failed")
    assert issue is not None
    assert issue.translation_placeholders == {
        "engine": "onnxruntime",
        "reason": "the model answered a value that is not a number",
    }
    assert world.value(ENGINE) == "rules"
    assert sum("the rules go on alone" in record.getMessage() for record in caplog.records) == 1


async def test_i6_an_engine_that_does_not_answer_blocks_neither_the_rules_nor_the_loop(
    world: World, hub: BtrHub, issue_registry: ir.IssueRegistry
) -> None:
    under_way, release = threading.Event(), threading.Event()

    def stuck(engine: OnnxRiskEngine, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        under_way.set()
        release.wait(30)
        return np.zeros(len(windows), np.float32)

    await world.battery_lives(60)
    with patch.object(OnnxRiskEngine, "predict", stuck):
        world.says(f"{NODE}/sensor", {"timestamp_ms": 1_060_500, "temp_internal_c": 25.0})
        world.freezer.tick(0.5)
        hub._tick(utcnow())
        await world.hass.async_add_executor_job(under_way.wait, 30)
        world.freezer.tick(risk_monitor.ANSWER_WITHIN_S + 1)
        for _ in range(20):
            await asyncio.sleep(0)
        assert issue_registry.async_get_issue(DOMAIN, "engine_failed") is not None
        assert hub.risk.status.engine == "rules"
        release.set()
    await the_rules_still_alarm(world)


async def test_an_engine_that_was_only_late_comes_back_once(
    world: World, hub: BtrHub, issue_registry: ir.IssueRegistry
) -> None:
    await world.battery_lives(60)
    stamp_ms = 1_060_000
    for comes_back in (True, False):
        under_way, release = threading.Event(), threading.Event()

        def late(
            engine: OnnxRiskEngine,
            windows: NDArray[np.float32],
            under_way: threading.Event = under_way,
            release: threading.Event = release,
        ) -> NDArray[np.float32]:
            under_way.set()
            release.wait(30)
            return np.zeros(len(windows), np.float32)

        with patch.object(OnnxRiskEngine, "predict", late):
            for _ in range(70):  # the windows of an engine that came back start again
                stamp_ms += 500
                world.says(f"{NODE}/sensor", {"timestamp_ms": stamp_ms, "temp_internal_c": 25.0})
            hub._tick(utcnow())
            await world.hass.async_add_executor_job(under_way.wait, 30)
            world.freezer.tick(risk_monitor.ANSWER_WITHIN_S + 1)
            for _ in range(20):
                await asyncio.sleep(0)
            assert hub.risk.status.engine == "rules"
            release.set()
            await world.hass.async_block_till_done(wait_background_tasks=True)
        assert (hub.risk.status.engine == "onnxruntime") is comes_back
        assert (issue_registry.async_get_issue(DOMAIN, "engine_failed") is None) is comes_back


# --- getting the runtime


@pytest.fixture
def machine() -> Iterator[dict[str, Any]]:
    """A machine on which nothing is installed yet, and what it says when something is asked for."""
    with (
        patch.object(risk_monitor, "async_process_requirements") as ask,
        patch("platform.libc_ver", return_value=("glibc", "2.36")) as libc,
    ):
        yield {"ask": ask, "libc": libc}


async def load_again(hass: HomeAssistant, world: World, hub: BtrHub) -> None:
    """Look for an engine as at set-up, on a machine that may install."""
    with patch.object(hass.config, "skip_pip", False):
        await hub.risk.async_load()


async def test_the_runtime_is_asked_for_at_its_pinned_version(
    hass: HomeAssistant, world: World, hub: BtrHub, machine: dict[str, Any]
) -> None:
    await load_again(hass, world, hub)
    assert machine["ask"].call_args.args[2] == [risk_monitor.RUNTIME]
    assert hub.risk.status.engine == "onnxruntime"


async def test_on_musl_the_runtime_is_not_even_asked_for_and_there_is_no_issue(
    hass: HomeAssistant, world: World, hub: BtrHub, machine: dict[str, Any], issue_registry: ir.IssueRegistry
) -> None:
    machine["libc"].return_value = ("musl", "1.2.5")
    with patch.object(risk_monitor, "load_engine", side_effect=EngineError("no onnxruntime")):
        await load_again(hass, world, hub)
    assert machine["ask"].call_count == 0
    assert hub.risk.status.engine == "rules"
    assert hub.risk.status.reason == "there is no ONNX Runtime for this system"
    assert not issue_registry.issues
    await the_rules_still_alarm(world)


async def test_a_runtime_that_cannot_be_installed_is_asked_for_once_until_its_version_changes(
    hass: HomeAssistant, world: World, hub: BtrHub, machine: dict[str, Any]
) -> None:
    machine["ask"].side_effect = RequirementsNotFound(DOMAIN, [risk_monitor.RUNTIME])
    with patch.object(risk_monitor, "load_engine", side_effect=EngineError("no onnxruntime")):
        await load_again(hass, world, hub)
        await load_again(hass, world, hub)
        assert machine["ask"].call_count == 1
        with patch.object(risk_monitor, "RUNTIME", "onnxruntime==99.0"):
            await load_again(hass, world, hub)
    assert machine["ask"].call_count == 2


async def test_an_installed_runtime_that_refuses_the_model_is_an_issue(
    hass: HomeAssistant, world: World, hub: BtrHub, machine: dict[str, Any], issue_registry: ir.IssueRegistry
) -> None:
    with patch.object(risk_monitor, "load_engine", side_effect=EngineError("opset 99")):
        await load_again(hass, world, hub)
    issue = issue_registry.async_get_issue(DOMAIN, "engine_failed")
    assert issue is not None
    assert issue.translation_placeholders == {"engine": risk_monitor.RUNTIME, "reason": "opset 99"}


async def test_windows_of_an_earlier_model_do_not_count_for_a_new_one(world: World, hub: BtrHub) -> None:
    under_way, release = threading.Event(), threading.Event()

    def slow(engine: OnnxRiskEngine, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        if not under_way.is_set():  # the new engine warms up meanwhile
            under_way.set()
            release.wait(30)
        return np.ones(len(windows), np.float32)

    await world.battery_lives(60)
    with patch.object(OnnxRiskEngine, "predict", slow):
        world.says(f"{NODE}/sensor", {"timestamp_ms": 1_060_500, "temp_internal_c": 25.0})
        world.freezer.tick(0.5)
        hub._tick(utcnow())
        await world.hass.async_add_executor_job(under_way.wait, 5)
        await hub.risk.async_load()
        release.set()
        await world.hass.async_block_till_done(wait_background_tasks=True)
    await world.passes(1)
    assert hub.risk.status.inference_ms is None
    assert world.value(RISK) == "unknown"
