"""The model at work: whatever goes wrong with it, the rules go on and the user learns why."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from homeassistant.const import STATE_ON, Platform
from homeassistant.helpers import issue_registry as ir
from homeassistant.util.dt import utcnow
from numpy.typing import NDArray

from custom_components.btr import lane
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


HANGS_S = 3.0
"""In the time of this machine: whoever waits until nothing is left to do waits for the engine as well."""


@asynccontextmanager
async def an_engine_that_does_not_answer(world: World, hub: BtrHub, stamps_ms: Iterable[int]) -> AsyncIterator[None]:
    """Readings at ``stamps_ms`` start a prediction that takes too long; it answers when the story goes on behind."""
    under_way, release = threading.Event(), threading.Event()

    def hangs(engine: OnnxRiskEngine, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        under_way.set()
        release.wait(HANGS_S)
        return np.zeros(len(windows), np.float32)

    with patch.object(OnnxRiskEngine, "predict", hangs):
        for stamp_ms in stamps_ms:
            world.says(f"{NODE}/sensor", {"timestamp_ms": stamp_ms, "temp_internal_c": 25.0})
        world.freezer.tick(0.5)
        hub._tick(utcnow())
        await world.hass.async_add_executor_job(under_way.wait, 30)
        world.freezer.tick(lane.ANSWER_WITHIN_S + 1)
        for _ in range(20):
            await asyncio.sleep(0)
        assert hub.risk.status.engine == "rules"
        yield
        release.set()
        await world.hass.async_block_till_done(wait_background_tasks=True)


async def test_i6_an_engine_that_does_not_answer_blocks_neither_the_rules_nor_the_loop(
    world: World, hub: BtrHub, issue_registry: ir.IssueRegistry
) -> None:
    await world.battery_lives(60)
    async with an_engine_that_does_not_answer(world, hub, [1_060_500]):
        assert issue_registry.async_get_issue(DOMAIN, "engine_failed") is not None
        await the_rules_still_alarm(world)


async def test_an_engine_that_was_only_late_comes_back_once(
    world: World, hub: BtrHub, issue_registry: ir.IssueRegistry
) -> None:
    await world.battery_lives(60)
    for comes_back, begin_ms in ((True, 1_060_500), (False, 1_095_500)):
        # the windows of an engine that came back start again
        async with an_engine_that_does_not_answer(world, hub, range(begin_ms, begin_ms + 35_000, 500)):
            pass
        assert (hub.risk.status.engine == "onnxruntime") is comes_back
        assert (issue_registry.async_get_issue(DOMAIN, "engine_failed") is None) is comes_back


async def test_a_late_answer_speaks_no_more_after_a_reload(world: World, hub: BtrHub) -> None:
    await world.battery_lives(60)
    async with an_engine_that_does_not_answer(world, hub, [1_060_500]):
        with patch.object(OnnxRiskEngine, "predict", lambda engine, windows: np.zeros(len(windows), np.float32)):
            assert await world.hass.config_entries.async_reload(world.entry.entry_id)
        assert world.entry.runtime_data.risk is not hub.risk
    assert hub.risk.status.engine == "rules"


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
