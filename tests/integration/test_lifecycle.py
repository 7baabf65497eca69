"""I10: an entry that is set up, reloaded and unloaded a hundred times leaves nothing behind, whatever was going on."""

import asyncio
import logging
import os
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.btr import engines
from custom_components.btr import hub as hub_module
from custom_components.btr.core.messages import DeviceKey, DeviceKind, Output
from custom_components.btr.device import BathDevice
from custom_components.btr.hub import BtrHub
from custom_components.btr.transport import HomeAssistantMqtt
from tests.integration.leftovers import async_left_behind, left_behind, traces
from tests.integration.models import Blocked, Engines, TestEngine, until
from tests.integration.stories import BATH, NODE, ORIGINAL_SAMPLE, OUR_SAMPLE, World, all_devices_speak, bath_telemetry

CYCLES = 100
OUR_TOPICS = re.compile("btr|compostlab|sensor")
HELD = {"BtrHub", "BatteryDevice", "BathDevice", "RiskMonitor", "Memory"}
LAB_1 = DeviceKey(DeviceKind.BATH, "lab-1")


@pytest.fixture
def _quick(hass: HomeAssistant) -> Iterator[None]:
    """Without what only helps to find out where a task comes from, and without a log of it."""
    hass.loop.set_debug(False)
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)


async def speak(world: World) -> None:
    """All four devices say something, and the hub takes a step."""
    world.says("sensor", ORIGINAL_SAMPLE)
    world.says(f"{BATH}/telemetry", bath_telemetry(Heater=0))
    world.says("compostlab/v2/lab-2/telemetry", bath_telemetry(Heater=0))
    await world.battery_lives(0.5)


async def set_up(world: World) -> None:
    """The entry is set up."""
    assert await world.hass.config_entries.async_setup(world.entry.entry_id)
    await world.hass.async_block_till_done(wait_background_tasks=True)


async def unload(world: World) -> None:
    """The entry is unloaded."""
    assert await world.hass.config_entries.async_unload(world.entry.entry_id)
    await world.hass.async_block_till_done(wait_background_tasks=True)
    assert world.entry.state is ConfigEntryState.NOT_LOADED


async def begin_something(world: World) -> None:
    """A command is not answered yet, a drill is running, a setting is not written yet."""
    hub: BtrHub = world.entry.runtime_data
    bath = hub.devices[LAB_1]
    assert isinstance(bath, BathDevice)
    await hub.commands.async_run(bath, lambda now_s: bath.controller.set_output(Output.HEATER, True, now_s))
    await hub.commands.async_drill(bath, True)
    hub.options.set_reminder(bath, 7)


async def live(world: World, *, in_danger: bool = False) -> None:
    """Set up, reloaded and unloaded in the middle of things."""
    await set_up(world)
    await speak(world)
    await begin_something(world)
    await world.restarts()
    await speak(world)
    if in_danger:
        await world.battery_lives(8, lambda time_s: 40.0 + 5 * time_s)
    assert len(world.entry.runtime_data.devices) == 4
    await unload(world)
    world.mqtt.reset_mock()  # it remembers everything that it was called with


@pytest.mark.usefixtures("_quick")
async def test_i10_a_hundred_set_ups_reloads_and_unloads_leave_nothing_behind(
    world: World, recordings_folder: Path
) -> None:
    await all_devices_speak(world)
    await unload(world)
    await live(world, in_danger=True)
    await until(world.hass, lambda: not HELD & traces(world.hass)["objects"].keys())
    before = traces(world.hass)
    assert not any(OUR_TOPICS.search(topic) for topic in before["subscriptions"])
    for cycle in range(CYCLES):
        await live(world, in_danger=cycle % 25 == 0)
    assert await async_left_behind(world.hass, before) == {}
    assert os.listdir(recordings_folder), "nobody was in danger"  # noqa: PTH208 - of a test


async def test_i10_an_unload_does_not_wait_for_a_model_that_hangs_and_leaves_nothing_of_it(
    world: World, models_folder: Path
) -> None:
    await all_devices_speak(world)
    await unload(world)
    await live(world)
    before = traces(world.hass)
    blocked, loading = Blocked(), Engines()
    loading.made["rate.onnx"] = TestEngine(blocked)
    with patch.object(engines, "load_engine", loading):
        await set_up(world)
        for count in range(80):
            world.says(f"{NODE}/sensor", {**OUR_SAMPLE, "timestamp_ms": 9_000_000 + 500 * count})
        world.freezer.tick(0.5)
        async_fire_time_changed(world.hass)
        await until(world.hass, blocked.under_way.is_set)
        assert await world.hass.config_entries.async_unload(world.entry.entry_id)
        blocked.released.set()
        await world.hass.async_block_till_done(wait_background_tasks=True)
    del loading, blocked
    world.mqtt.reset_mock()
    assert await async_left_behind(world.hass, before) == {}


# --- what the tests above would see


class Forgetful:
    """An integration that does not undo one of the things it does."""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        self.stack = stack
        self.folder = folder

    def subscriptions(self) -> None:
        """The subscriptions are not ended."""
        subscribe = HomeAssistantMqtt.async_subscribe

        async def for_ever(*args: Any) -> Callable[[], None]:
            await subscribe(*args)
            return lambda: None

        self.stack.enter_context(patch.object(HomeAssistantMqtt, "async_subscribe", for_ever))

    def timers(self) -> None:
        """The tick goes on."""
        track = hub_module.async_track_time_interval
        self.stack.enter_context(patch.object(hub_module, "async_track_time_interval", _never_ended(track)))

    def shutdown_jobs(self) -> None:
        """The release at the end of Home Assistant stays registered."""
        add = HomeAssistant.async_add_shutdown_job
        self.stack.enter_context(patch.object(HomeAssistant, "async_add_shutdown_job", _never_ended(add)))

    def bus_listeners(self) -> None:
        """An event of Home Assistant is listened to."""
        self._also(lambda hub: self.stack.callback(hub._hass.bus.async_listen("btr_test", lambda event: None)))

    def tasks(self) -> None:
        """A task waits for ever."""
        self._also(lambda hub: self.stack.callback(hub._hass.loop.create_task(asyncio.Event().wait()).cancel))

    def threads(self) -> None:
        """A thread waits for ever."""
        released = threading.Event()
        self.stack.callback(released.set)
        self._also(lambda hub: threading.Thread(target=released.wait, daemon=True).start())

    def files(self) -> None:
        """A file is not closed."""
        self._also(lambda hub: self.stack.enter_context((self.folder / "open").open("w")))

    def objects(self) -> None:
        """Somebody remembers the hub."""
        self._also(lambda hub: self.stack.callback(lambda: hub))

    def _also(self, leak: Callable[[BtrHub], object]) -> None:
        start = BtrHub.async_start

        async def and_leak(hub: BtrHub) -> None:
            await start(hub)
            leak(hub)

        self.stack.enter_context(patch.object(BtrHub, "async_start", and_leak))


def _never_ended(begin: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, but what it returns to end what it began does nothing."""

    def begin_for_ever(*args: Any, **kwargs: Any) -> Callable[[], None]:
        begin(*args, **kwargs)
        return lambda: None

    return begin_for_ever


@pytest.mark.usefixtures("_quick")
async def test_i10_whatever_is_not_undone_is_seen(world: World, tmp_path: Path) -> None:
    await all_devices_speak(world)
    await unload(world)
    await live(world)
    for kind in ("subscriptions", "timers", "shutdown jobs", "bus listeners", "tasks", "threads", "files", "objects"):
        before = traces(world.hass)
        with ExitStack() as stack:
            getattr(Forgetful(stack, tmp_path), kind.replace(" ", "_"))()
            await live(world)
            assert kind in left_behind(before, traces(world.hass))
