"""When the models are asked: one batch a tick, one at a time, the newest windows, and never on the event loop."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from homeassistant.const import STATE_ON, Platform
from homeassistant.util.dt import utcnow

from custom_components.btr import engines, lane
from custom_components.btr.core.battery import BatteryMonitor
from custom_components.btr.hub import BtrHub
from custom_components.btr.risk_monitor import Role
from tests.integration.models import Blocked, Engines, TestEngine, Windows, alarmed, calm, put_model, until
from tests.integration.stories import World

CELL = "btr/cell-7/sensor"
RISK = "sensor.battery_cell_7_runaway_risk"
LEVEL = "sensor.battery_cell_7_risk_level"
RUNAWAY = "binary_sensor.battery_cell_7_thermal_runaway"
TEMPERATURE = "sensor.battery_cell_7_internal_temperature"


@pytest.fixture
def platforms() -> tuple[Platform, ...]:
    return (Platform.SENSOR, Platform.BINARY_SENSOR, Platform.SELECT)


@pytest.fixture
def engine() -> TestEngine:
    """The engine of the shipped model."""
    return TestEngine(calm)


@pytest.fixture(autouse=True)
def loading(models_folder: Path, engine: TestEngine) -> Iterator[Engines]:
    """The shipped model runs in the engine of the test, and the user has one more model."""
    put_model(models_folder)
    with patch.object(engines, "load_engine", Engines()) as loading:
        loading.made["rate.onnx"] = engine
        yield loading


@pytest.fixture
def hub(world: World) -> BtrHub:
    hub: BtrHub = world.entry.runtime_data
    return hub


class Node:
    """A node that goes on sampling while an answer is awaited: ticks happen, the executor is not waited for."""

    def __init__(self, world: World, hub: BtrHub) -> None:
        self.world = world
        self.hub = hub
        self.stamp_ms = 0
        self.temp_c = 20.0

    async def samples(self, count: int, rise_c: float = 0.0, **fields: Any) -> None:
        for _ in range(count):
            self.stamp_ms += 500
            self.temp_c = round(self.temp_c + rise_c, 3)
            sample = {"timestamp_ms": self.stamp_ms, "temp_internal_c": self.temp_c, **fields}
            self.world.says(CELL, sample)
            self.world.freezer.tick(0.5)
            self.hub._tick(utcnow())
            await until(self.world.hass, lambda: self.hub._round is not None and self.hub._round.done())

    async def is_served(self) -> None:
        """Let the engine catch up with everything that was sampled."""
        for _ in range(2):
            await self.world.hass.async_block_till_done(wait_background_tasks=True)
            self.hub._tick(utcnow())
        await self.world.hass.async_block_till_done(wait_background_tasks=True)

    async def asks(self, blocked: Blocked) -> None:
        """Wait until the engine has been asked and holds its answer back."""
        await self.world.hass.async_add_executor_job(blocked.under_way.wait, 30)

    async def gets(self, blocked: Blocked) -> None:
        """Let the engine answer."""
        blocked.released.set()
        await self.world.hass.async_block_till_done(wait_background_tasks=True)


@pytest.fixture
def node(world: World, hub: BtrHub) -> Node:
    return Node(world, hub)


async def until_the_engine_is_asked(node: Node, engine: TestEngine, blocked: Blocked) -> None:
    """A full window, then one more sample that the engine does not answer."""
    await node.samples(65)
    await node.is_served()
    engine.asked.clear()
    engine.answer = blocked
    await node.samples(1)
    await node.asks(blocked)


# --- I5: never on the loop


async def test_i5_every_prediction_runs_off_the_event_loop(node: Node, engine: TestEngine) -> None:
    await node.samples(70)
    await node.world.hass.async_block_till_done(wait_background_tasks=True)
    assert engine.asked
    assert threading.main_thread() not in engine.threads


async def test_i5_while_an_engine_is_slow_messages_are_taken_shown_and_judged(node: Node, engine: TestEngine) -> None:
    blocked = Blocked()
    await until_the_engine_is_asked(node, engine, blocked)
    await node.samples(8, rise_c=3.0)
    assert float(node.world.value(TEMPERATURE)) > 30
    await node.samples(8, rise_c=3.0)
    assert node.world.value(RUNAWAY) == STATE_ON  # the rate rule, with the prediction still under way
    assert len(engine.asked) == 1
    await node.gets(blocked)


async def test_i5_an_engine_that_really_takes_its_time_leaves_the_loop_to_others(
    node: Node, engine: TestEngine
) -> None:
    """The engine sleeps for real, with the lock of the interpreter released, as numpy and ONNX Runtime do."""
    blocked = Blocked()
    await until_the_engine_is_asked(node, engine, blocked)
    timer = threading.Timer(0.3, blocked.released.set)
    timer.start()
    turns = 0
    while not blocked.released.is_set():
        turns += 1
        await asyncio.sleep(0)
    timer.join()
    assert turns > 100
    await node.gets(blocked)


# --- one batch, one at a time, the newest


async def test_a_slow_engine_is_asked_less_often_and_gets_everything_that_waited(
    node: Node, engine: TestEngine
) -> None:
    blocked = Blocked()
    await until_the_engine_is_asked(node, engine, blocked)
    await node.samples(10, rise_c=0.1)
    assert [len(rows) for rows in engine.asked] == [1]
    await node.gets(blocked)
    await node.samples(1)
    await node.world.hass.async_block_till_done(wait_background_tasks=True)
    assert [len(rows) for rows in engine.asked] == [1, 11]


async def test_newest_wins_what_a_slow_engine_is_asked_later_are_the_last_windows_and_nothing_piles_up(
    node: Node, engine: TestEngine
) -> None:
    blocked = Blocked()
    await until_the_engine_is_asked(node, engine, blocked)
    with patch.object(lane, "ANSWER_WITHIN_S", 10_000):
        await node.samples(19)  # the time of the first batch runs from before the patch
    assert len(engine.asked) == 1
    await node.gets(blocked)
    blocked = Blocked()
    with patch.object(lane, "ANSWER_WITHIN_S", 10_000):
        engine.answer = blocked
        await node.samples(1)
        await node.asks(blocked)
        for _ in range(10):
            await node.samples(20, rise_c=0.01)
    engine.asked.clear()
    await node.gets(blocked)
    engine.answer = calm
    await node.samples(1, rise_c=0.01)
    await node.world.hass.async_block_till_done(wait_background_tasks=True)
    (rows,) = engine.asked
    assert len(rows) == 32
    assert rows[-1, -1] == pytest.approx(node.temp_c)
    assert (np.diff(rows[:, -1]) > 0).all()


async def test_one_batch_a_tick_for_all_batteries_channels_and_models(
    world: World, hub: BtrHub, engine: TestEngine, loading: Engines
) -> None:
    loading.made["mine.onnx"] = mine = TestEngine(calm)
    jobs: list[int] = []
    real = lane.Batch.run

    def counted(batch: lane.Batch) -> Any:
        jobs.append(len(batch._groups))
        return real(batch)

    async def a_tick(count: int) -> None:
        for cell in "abcd":
            sample = {"timestamp_ms": 500 * count, "temp_internal_c": 25.0, "temp_ambient_c": 24.0}
            world.says(f"btr/{cell}/sensor", sample)
        await world.passes(0.5)

    for count in range(3):
        await a_tick(count)
    await world.acts("select", "select_option", "select.battery_d_model", option="mine.onnx")
    for count in range(3, 65):
        await a_tick(count)
    engine.asked.clear()
    mine.asked.clear()
    with patch.object(lane.Batch, "run", counted):
        for count in range(65, 75):
            await a_tick(count)
    assert jobs == [2] * 10
    assert [len(rows) for rows in engine.asked] == [6] * 10
    assert [len(rows) for rows in mine.asked] == [2] * 10


# --- whose answer, and of when


async def test_an_answer_carries_the_time_of_its_window_however_late_it_comes(node: Node, engine: TestEngine) -> None:
    blocked = Blocked()
    await until_the_engine_is_asked(node, engine, blocked)
    (device,) = node.hub.devices.values()
    asked_s = device.core._time_s  # type: ignore[union-attr]
    heard: list[float] = []
    real = BatteryMonitor.apply_risk

    def noted(monitor: BatteryMonitor, channel: str, times_s: Any, risks: Any) -> None:
        heard.extend(times_s)
        real(monitor, channel, times_s, risks)

    with patch.object(BatteryMonitor, "apply_risk", noted):
        await node.samples(6)
        await node.gets(blocked)
        await node.samples(1)
        await node.world.hass.async_block_till_done(wait_background_tasks=True)
    assert heard == pytest.approx([asked_s + 0.5 * count for count in range(8)])


async def test_an_answer_of_an_older_engine_is_dropped(node: Node, engine: TestEngine, loading: Engines) -> None:
    loading.made["mine.onnx"] = TestEngine(lambda windows: np.full(len(windows), 0.25, np.float32))
    blocked = Blocked(alarmed)
    await until_the_engine_is_asked(node, engine, blocked)
    (key,) = node.hub.devices

    await node.hub.risk.async_choose(key, Role.ACTIVE, "mine.onnx")
    await node.gets(blocked)
    await node.samples(3)
    await node.world.hass.async_block_till_done(wait_background_tasks=True)
    await node.samples(1)
    assert node.world.value(RISK) == "25.0"
    assert node.world.value(LEVEL) == "normal"


async def test_i6_an_executor_without_a_free_thread_is_no_fault_of_the_model(node: Node, engine: TestEngine) -> None:
    await node.samples(65)
    await node.world.hass.async_block_till_done(wait_background_tasks=True)
    waiting = asyncio.get_running_loop().create_future()
    with patch.object(node.world.hass, "async_add_executor_job", return_value=waiting):
        await node.samples(1)
        node.world.freezer.tick(lane.ANSWER_WITHIN_S + 1)
        for _ in range(20):
            await asyncio.sleep(0)
    assert node.hub.risk.status.engine == engine.name
    assert node.hub.risk.status.model == "rate 1"


async def test_i6_a_model_that_does_not_answer_takes_no_answer_of_the_shipped_one_along(
    world: World, hub: BtrHub, engine: TestEngine, loading: Engines
) -> None:
    """Given two batteries, the first of which has a model that hangs: the other one hears its own all the same."""
    loading.made["mine.onnx"] = mine = TestEngine(calm)
    blocked = Blocked()

    def speak(count: int) -> None:
        for cell in "ab":
            world.says(f"btr/{cell}/sensor", {"timestamp_ms": 500 * count, "temp_internal_c": 25.0})

    for count in range(70):
        speak(count)
        await world.passes(0.5)
        if count == 1:
            await world.acts("select", "select_option", "select.battery_a_model", option="mine.onnx")
    mine.answer, engine.answer = blocked, lambda windows: np.full(len(windows), 0.25, np.float32)
    speak(70)
    world.freezer.tick(0.5)
    with patch.object(BatteryMonitor, "apply_risk") as heard:
        hub._tick(utcnow())
        await world.hass.async_add_executor_job(blocked.under_way.wait, 30)
        world.freezer.tick(lane.ANSWER_WITHIN_S + 1)
        for _ in range(20):
            await asyncio.sleep(0)
    assert [call.args[2].tolist() for call in heard.call_args_list] == [[0.25]]
    assert hub.risk.status.engine == engine.name
    blocked.released.set()
    await world.passes(0.5)
    assert world.value("select.battery_a_model") == "shipped"


def test_a_batch_that_was_given_up_asks_no_further_model() -> None:
    """The thread that was stuck must not run into engines that a new batch is using."""
    blocked, second = Blocked(), TestEngine(calm)
    first = TestEngine(blocked)
    windows = lane.ChannelWindows("temp_internal_c", np.array([1.0]), np.zeros((1, 60), np.float32))
    workers = [lane.Worker("first", first), lane.Worker("second", second)]
    batch = lane.Batch(lane.Part(worker, windows, lambda windows, risks: None) for worker in workers)
    thread = threading.Thread(target=batch.run)
    thread.start()
    assert blocked.under_way.wait(30)
    assert batch.abandon() == ([], workers[0])
    blocked.released.set()
    thread.join(30)
    assert second.asked == []


def test_i6_what_one_model_does_wrong_concerns_no_other_in_the_batch() -> None:
    def wrong(windows: Windows) -> Windows:
        raise ZeroDivisionError("no")

    windows = lane.ChannelWindows("temp_internal_c", np.array([1.0]), np.zeros((1, 60), np.float32))
    workers = [lane.Worker("wrong", TestEngine(wrong)), lane.Worker("right", TestEngine(calm))]
    batch = lane.Batch(lane.Part(worker, windows, lambda windows, risks: None) for worker in workers)
    answers = batch.run()
    assert [answer.error for answer in answers] == ["ZeroDivisionError: no", None]
    assert answers[1].risks is not None
