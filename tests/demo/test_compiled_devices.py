"""The firmware as programs on a real broker: what they say, obey, refuse and survive."""

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from demo.broker import KINDS, Broker, start_broker
from demo.cast import BATH, BATTERY
from demo.processes import Child

from .conftest import Listener

ROOT = Path(__file__).parents[2]
BASE = "compostlab/v2/bath-1"
COLD = {"post_interval": 5000, "heater_guard": {"min_on_ms": 0, "min_off_ms": 0}, "bath_setpoint": {"target": 30.0}}
"""Nothing to heat, so that what a test asks for is all that happens."""


@pytest.fixture(scope="module")
def programs() -> Path:
    built = subprocess.run([ROOT / "scripts" / "devices"], capture_output=True, text=True, timeout=600, check=False)
    if built.returncode:
        pytest.skip(f"the devices cannot be compiled here: {built.stderr}")
    return Path(built.stdout.strip())


@pytest.fixture
async def broker(tmp_path) -> AsyncIterator[Broker]:
    kind = next(kind for kind in ("embedded", "mosquitto") if KINDS[kind].command(tmp_path, 1) is not None)
    started = await start_broker(tmp_path, kind)
    yield started
    await started.child.stop()


@pytest.fixture
async def start(programs, tmp_path, broker) -> AsyncIterator[Callable[..., Any]]:
    started: list[Child] = []

    async def start_program(name: str, *arguments: str, faults: str = "") -> Child:
        script = tmp_path / "faults.txt"
        script.write_text(faults)
        command = [str(programs / name), "--broker", broker.address, "--faults", str(script), *arguments]
        started.append(await Child.start(name, command, tmp_path / f"{name}.log"))
        return started[-1]

    yield start_program
    for child in started:
        await child.stop()


@pytest.fixture
def recording(tmp_path: Path) -> str:
    file = tmp_path / "calm.csv"
    file.write_text("Time,Temperature\n0,25\n0.5,25\n")
    return str(file)


@pytest.fixture
def cold(tmp_path: Path) -> tuple[str, ...]:
    (tmp_path / "first.json").write_text(json.dumps(COLD))
    (tmp_path / "state").mkdir()
    return ("--state", str(tmp_path / "state"), "--first-settings", str(tmp_path / "first.json"))


def order(listener: Listener, **command: object) -> None:
    listener.link.publish(f"{BASE}/response", json.dumps({"commands": [command]}), qos=1)


def value_of(telemetry: Any, code: str) -> Any:
    return next(channel["value"] for channel in telemetry["channels"] if channel["code"] == code)


async def test_the_node_registers_reports_obeys_and_leaves_its_will(listener, start, recording):
    node = await start(BATTERY, "--recording", recording, "--speed", "4")
    assert (await listener.wait("btr/cell-1/register"))["id"] == "cell-1"
    calm = await listener.wait("btr/cell-1/sensor")
    assert (calm["status"], calm["local_status"], calm["override"]) == ("NORMAL", "NORMAL", None)

    listener.link.publish("btr/cell-1/statue", '{"level":"danger","id":"7"}')
    assert (await listener.wait("btr/cell-1/ack"))["result"] == "applied"
    shown = await listener.wait("btr/cell-1/sensor", lambda message: message["status"] == "DANGER")
    assert (shown["local_status"], shown["override"]) == ("NORMAL", "DANGER")

    node.process.kill()
    assert await listener.wait("btr/cell-1/availability", lambda word: word == "offline")


async def test_an_orderly_end_says_offline_and_gives_0(listener, start, recording):
    node = await start(BATTERY, "--recording", recording)
    await listener.wait("btr/cell-1/availability", lambda word: word == "online")
    node.process.terminate()
    assert await asyncio.wait_for(node.process.wait(), 10) == 0
    await listener.wait("btr/cell-1/availability", lambda word: word == "offline")


async def test_f20_samples_of_an_outage_arrive_late_and_in_order(listener, start, recording):
    await start(BATTERY, "--recording", recording, faults="3 link drop for 4\n")
    before = await listener.wait("btr/cell-1/sensor")
    await listener.wait("btr/cell-1/availability", lambda word: word == "offline")
    kept = [await listener.wait("btr/cell-1/late") for _ in range(6)]
    sequence = [sample["seq"] for sample in kept]
    assert sequence == list(range(sequence[0], sequence[0] + 6))
    assert sequence[0] > before["seq"]


async def test_h1_a_sensor_that_is_torn_off_is_a_fault_and_one_hot_cell_alone_is_danger(listener, start, recording):
    await start(BATTERY, "--recording", recording, faults="2 internal open for 4\n8 internal stuck 90\n")
    torn = await listener.wait("btr/cell-1/sensor", lambda message: message["temp_internal_c"] is None)
    assert torn["fault"] != 0
    await listener.wait("btr/cell-1/sensor", lambda message: message["local_status"] == "DANGER")


async def test_f12_an_emergency_stop_outlives_a_killed_program_and_a_watchdog(listener, start, cold):
    bath = await start(BATH, *cold)
    await listener.wait(f"{BASE}/telemetry", lambda message: value_of(message, "EmergencyState") == 0)
    order(listener, command="emergency", action="on", id="stop")
    assert (await listener.wait(f"{BASE}/ack"))["result"] == "applied"
    bath.process.kill()
    await bath.process.wait()
    await start(BATH, *cold, faults="9 device watchdog_reset\n")
    again = await listener.wait(f"{BASE}/telemetry")
    assert value_of(again, "EmergencyState") == 1
    restarted = await listener.wait(f"{BASE}/register", lambda message: message["reset_reason"] == "watchdog")
    assert "password" not in json.dumps(restarted)
    assert value_of(await listener.wait(f"{BASE}/telemetry"), "EmergencyState") == 1


async def test_f6_a_heater_that_is_on_by_hand_goes_off_when_the_tank_probe_is_pulled(listener, start, cold):
    await start(BATH, *cold, faults="10 tank unplug\n")
    await listener.wait(f"{BASE}/telemetry", lambda message: value_of(message, "TankTemp") is not None)
    order(listener, command="heater", action="on", duration=60000, id="heat")
    await listener.wait(f"{BASE}/ack", lambda ack: ack["id"] == "heat" and ack["result"] == "applied")
    await listener.wait(f"{BASE}/telemetry", lambda message: value_of(message, "Heater") == 1)
    off = await listener.wait(f"{BASE}/telemetry", lambda message: value_of(message, "Heater") == 0)
    assert value_of(off, "TankTemp") is None
    assert off["reason"] == "tank_invalid"


async def test_f15_a_bath_out_of_the_box_is_stopped_and_settings_apply_without_a_restart(listener, start, cold):
    await start(BATH, "--uncommissioned", "--code", "new")
    new = await listener.wait("compostlab/v2/new/telemetry")
    assert value_of(new, "EmergencyState") == 1

    await start(BATH, *cold)
    assert (await listener.wait(f"{BASE}/register"))["config"]["bath_setpoint"]["target"] == 30
    first = await listener.wait(f"{BASE}/telemetry")
    order(listener, command="config_update", config={"bath_setpoint": {"target": 31.0}}, id="warmer")
    assert (await listener.wait(f"{BASE}/register"))["config"]["bath_setpoint"]["target"] == 31
    order(listener, command="config_update", config={"temp_limitout_max": 99}, id="hell")
    assert (await listener.wait(f"{BASE}/ack", lambda ack: ack["id"] == "hell"))["result"] == "refused"
    later = await listener.wait(f"{BASE}/telemetry")
    assert later["uptime_s"] >= first["uptime_s"]


@pytest.mark.parametrize(
    ("program", "arguments", "why"),
    [
        (BATTERY, [], "--recording FILE is missing"),
        (BATTERY, ["--recording", "{bad}"], "{bad}, line 3: its time is not 0.5 s"),
        (BATTERY, ["--recording", "{none}"], "{none}: cannot be read"),
        (BATTERY, ["--recording", "{good}", "--faults", "{script}"], "{script}, line 2: 'tank' is none of ambient"),
        (BATTERY, ["--recording", "{good}", "--cafile", "{none}"], "{none}: the certificates cannot be read"),
        (BATH, ["--faults", "{script}"], "{script}, line 3: 'soon' is no time in seconds"),
        (BATH, ["--speed", "50"], "--speed: '50' is no number within 0.1..10"),
        (BATH, ["--state", "{none}"], "--state {none}: there is no such folder"),
        (BATH, ["--first-settings", "{bad}"], "{bad}: not_json"),
        (BATH, ["--first-settings", "{hot}"], "{hot}: temp_limitout_max out_of_range"),
        (BATH, ["--fast"], "there is no option --fast"),
    ],
)
def test_what_cannot_be_used_ends_with_2_and_a_sentence(programs, tmp_path, program, arguments, why):
    files = {
        "good": "Time,Temperature\n0,25\n0.5,25\n",
        "bad": "Time,Temperature\n0,25\n7,25\n",
        "script": "# all\n1 tank unplug\nsoon tank unplug\n",
        "hot": '{"temp_limitout_max":99}',
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    paths = {name: str(tmp_path / name) for name in (*files, "none")}
    command = [programs / program, "--broker", "127.0.0.1:1", *(word.format(**paths) for word in arguments)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert result.returncode == 2, result.stderr
    assert result.stderr.startswith(f"error: {why.format(**paths)}")
    assert len(result.stderr.splitlines()) == 1


def test_without_a_broker_the_command_line_is_refused(programs):
    result = subprocess.run([programs / BATH], capture_output=True, text=True, timeout=20, check=False)
    assert (result.returncode, result.stderr) == (2, "error: --broker HOST:PORT is missing\n")
