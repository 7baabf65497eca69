"""Home Assistant and the compiled bath: a stop that outlives a killed program, and a probe that is pulled."""

import contextlib
import json
from pathlib import Path

from demo.broker import HOST
from demo.default_recording import DEFAULT_SEED, write_default_recording
from demo.device import Link
from demo.entities import wait_for_device
from demo.homeassistant import problems_in
from demo.options import parse_options
from demo.processes import Child
from demo.recording import load_recording
from demo.stage import BATH_CODE, DEVICE_S, raised_curtain

from .test_broker_returns import until

PATIENCE_S = 30.0
PULLED_AFTER_S = 25


def is_stopped(telemetry: str) -> bool:
    """Whether the bath itself says that its emergency stop is engaged."""
    channels = {channel["code"]: channel["value"] for channel in json.loads(telemetry)["channels"]}
    return bool(channels["EmergencyState"])


async def test_f12_a_stop_outlives_a_killed_bath_and_f6_a_pulled_probe_ends_the_heat(tmp_path: Path):
    options = parse_options(["--speed", "1", "--start", "0", "--devices", "compiled"])
    file = write_default_recording(tmp_path, DEFAULT_SEED)
    async with (
        contextlib.AsyncExitStack() as extras,
        raised_curtain(options, load_recording(file), file, tmp_path, lambda _: None) as stage,
    ):
        states, call = stage.client.states, stage.client.call_service

        async def start(*command: str) -> Child:
            child = await Child.start("bath", command, tmp_path / "another_bath.log")
            extras.push_async_callback(child.stop)
            return child

        said: list[str] = []
        topic = f"compostlab/v2/{BATH_CODE}/telemetry"
        listener = Link(
            "listener", (HOST, stage.broker.port), [(topic, 0)], lambda _topic, text: said.append(text), lambda: None
        )
        listener.start()
        extras.callback(listener.drop)

        stop, climate = stage.bath.require("switch", "emergency"), stage.bath.require("climate", "bath")
        await call("switch", "turn_on", entity_id=stop)
        await until(lambda: bool(said) and is_stopped(said[-1]), PATIENCE_S)
        bath = next(child for child in stage.children if child.name == "bath")
        bath.process.kill()
        await bath.process.wait()
        await until(lambda: states[climate]["state"] == "unavailable", PATIENCE_S)
        said.clear()
        await start(*stage.cast.bath(BATH_CODE).command)
        await until(lambda: states[climate]["state"] != "unavailable" and bool(said), PATIENCE_S)
        assert is_stopped(said[0])
        assert states[stop]["state"] == "on"

        script = tmp_path / "faults.txt"
        script.write_text(f"{PULLED_AFTER_S} tank unplug\n")
        assert stage.cast.compiled is not None
        program = str(stage.cast.compiled / "btr_bath_host")
        # its guards are short, and it would heat by itself
        settings = str(stage.cast.folder / "bath_settings.json")
        await start(
            *(program, "--broker", stage.broker.address, "--code", "bath-2"),
            *("--first-settings", settings, "--faults", str(script)),
        )
        other = await wait_for_device(
            stage.client, "bath_bath-2", (("switch", "heater"), ("sensor", "tank_c")), DEVICE_S
        )
        heater, tank = other.require("switch", "heater"), other.require("sensor", "tank_c")
        await until(lambda: states[tank]["state"] not in ("unknown", "unavailable"), PATIENCE_S)
        await call("switch", "turn_on", entity_id=heater)
        await until(lambda: states[heater]["state"] == "on", PATIENCE_S)
        await until(lambda: states[heater]["state"] == "off", PULLED_AFTER_S + PATIENCE_S)
        assert states[tank]["state"] == "unknown"
    assert problems_in(stage.home.log.read_text("utf-8")) == []
