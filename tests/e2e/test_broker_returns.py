"""The broker dies and comes back while everything else runs on."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from demo.broker import start_broker
from demo.default_recording import DEFAULT_SEED, write_default_recording
from demo.homeassistant import problems_in
from demo.options import parse_options
from demo.recording import load_recording
from demo.stage import raised_curtain

GONE_S = 15.0
BACK_S = 25.0
"""Home Assistant's own MQTT client tries again every ten seconds, the devices sooner."""


async def until(is_so: Callable[[], bool], timeout_s: float) -> float:
    began_s = time.monotonic()
    while not is_so():
        await asyncio.sleep(0.1)
        if time.monotonic() - began_s > timeout_s:
            pytest.fail(f"not within {timeout_s:g} s")
    return time.monotonic() - began_s


async def test_i2_everything_is_back_soon_after_a_dead_broker_returns(tmp_path: Path):
    told: list[str] = []
    options = parse_options(["--speed", "2", "--start", "0"])
    file = write_default_recording(tmp_path, DEFAULT_SEED)
    async with (
        contextlib.AsyncExitStack() as brokers,
        raised_curtain(options, load_recording(file), file, tmp_path, told.append) as stage,
    ):
        states = stage.client.states
        cell = stage.battery.require("sensor", "temp_internal_c")
        bath = stage.bath.require("climate", "bath")

        def is_unavailable(entity_id: str) -> bool:
            return bool(states[entity_id]["state"] == "unavailable")

        def has_greeted(times: int) -> bool:
            """Home Assistant's MQTT logs an error of its own when the broker dies before it has said hello."""
            return stage.home.log.read_text("utf-8").count("birth message sent") == times

        await until(lambda: not is_unavailable(cell) and not is_unavailable(bath) and has_greeted(1), BACK_S)

        await stage.broker.child.stop()
        await until(lambda: is_unavailable(cell) and is_unavailable(bath), GONE_S)

        again = await start_broker(tmp_path, port=stage.broker.port)
        brokers.push_async_callback(again.child.stop)
        await until(lambda: not is_unavailable(cell) and not is_unavailable(bath), BACK_S)
        alarm = stage.battery.require("binary_sensor", "thermal_runaway")
        assert states[alarm]["state"] == "off"
        assert stage.cast.name == "compiled firmware"
        await stage.client.call_service("climate", "set_temperature", entity_id=bath, temperature=41)
        await until(lambda: stage.seen.bath_reported_c == 41 and has_greeted(2), BACK_S)
    log = stage.home.log.read_text("utf-8")
    assert problems_in(log) == []
    assert log.count("The MQTT broker is gone") == 1
    assert log.count("The MQTT broker is back") == 1
