"""The device programs on a real broker, of either kind: what they say, obey and survive."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from demo.broker import KINDS, Broker, start_broker
from demo.errors import StartError
from demo.processes import OUR_ENVIRONMENT, Child

from .conftest import PATIENCE_S

RECORDING = "Time,Temperature\n0,25\n600,25\n"


@pytest.fixture(params=list(KINDS))
async def broker(request, tmp_path) -> AsyncIterator[Broker]:
    if KINDS[request.param].command(tmp_path, 1) is None:
        pytest.skip(f"no {request.param} here")
    started = await start_broker(tmp_path, request.param)
    yield started
    await started.child.stop()


@pytest.fixture
async def start(tmp_path, broker) -> AsyncIterator[Callable[..., Any]]:
    started: list[Child] = []

    async def start_program(name: str, *arguments: str) -> Child:
        command = [sys.executable, "-m", f"demo.{name}", "--broker", broker.address, *arguments]
        started.append(await Child.start(name, command, tmp_path / f"{name}.log", OUR_ENVIRONMENT))
        return started[-1]

    yield start_program
    for child in started:
        await child.stop()


@pytest.fixture
def recording(tmp_path: Path) -> str:
    (tmp_path / "calm.csv").write_text(RECORDING)
    return str(tmp_path / "calm.csv")


async def test_our_node_registers_reports_obeys_and_leaves_its_will(listener, start, recording):
    node = await start("battery_node", "--recording", recording, "--speed", "4")
    register = await listener.wait("btr/cell-1/register")
    assert register["id"] == "cell-1"
    calm = await listener.wait("btr/cell-1/sensor")
    assert (calm["status"], calm["local_status"], calm["override"]) == ("NORMAL", "NORMAL", None)

    listener.link.publish("btr/cell-1/statue", '{"level":"danger","id":"7"}')
    assert await listener.wait("btr/cell-1/ack") == {"id": "7", "result": "applied"}
    shown = await listener.wait("btr/cell-1/sensor", lambda message: message["status"] == "DANGER")
    assert (shown["local_status"], shown["override"]) == ("NORMAL", "DANGER")

    node.process.kill()
    assert await listener.wait("btr/cell-1/availability", lambda word: word == "offline")


async def test_the_original_node_speaks_on_its_two_topics_and_ignores_what_it_does_not_know(listener, start, recording):
    await start("battery_node", "--recording", recording, "--speed", "4", "--family", "original")
    assert "seq" not in await listener.wait("sensor")
    listener.link.publish("statue", "DANGER")
    listener.link.publish("statue", "warning")
    assert await listener.wait("sensor", lambda message: message["status"] == "WARNING")


async def test_a_bath_restarts_for_new_settings_and_registers_with_them(listener, start, tmp_path):
    base = "compostlab/v2/bath-1"
    settings = tmp_path / "settings.json"
    await start("bath", "--settings", str(settings))
    boot = await listener.wait(f"{base}/register")
    assert boot["config"]["wifi"]["password"] == "********"
    assert boot["config"]["read_interval"] == 5000
    assert "post_interval" not in boot["config"]

    change = {"bath_setpoint": {"target": 50}, "post_interval": 7000}
    listener.link.publish(
        f"{base}/response", json.dumps({"commands": [{"command": "config_update", "config": change}]})
    )
    again = await listener.wait(f"{base}/register")
    assert again["config"]["bath_setpoint"]["target"] == 50
    assert again["config"]["read_interval"] == 7000
    assert json.loads(settings.read_text())["bath_setpoint"]["target"] == 50


async def test_a_bath_stops_in_an_emergency_and_shrugs_at_nonsense(listener, start):
    base = "compostlab/v2/bath-1"
    await start("bath")
    await listener.wait(f"{base}/telemetry")
    for nonsense in ("", "{", "[]", '{"commands":3}', '{"commands":[1,{"command":"config_update","config":4}]}'):
        listener.link.publish(f"{base}/response", nonsense)
    listener.link.publish(f"{base}/response", '{"commands":[{"command":"emergency","action":"on"}]}', qos=1)
    stopped = await listener.wait(
        f"{base}/telemetry",
        lambda message: {"code": "EmergencyState", "value": 1, "unit": "", "quality": "ok"} in message["channels"],
    )
    values = {channel["code"]: channel["value"] for channel in stopped["channels"]}
    assert (values["Heater"], values["Pump"], values["Aeration"]) == (0, 0, 0)
    assert abs(values["TempOut1"] - values["TempOut3"]) < 1


async def test_a_node_with_a_hopeless_recording_ends_with_2_and_says_why(start, tmp_path):
    bad = tmp_path / "bad.csv"
    bad.write_text("nothing")
    node = await start("battery_node", "--recording", str(bad))
    assert await node.process.wait() == 2
    assert f"{bad}, line 1" in node.tail()


async def test_without_any_broker_the_demo_says_how_to_get_one(tmp_path, monkeypatch):
    monkeypatch.setattr("demo.broker.SBIN", "")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("MOSQUITTO", raising=False)
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(StartError, match="apt-get install mosquitto"):
        await start_broker(tmp_path)


async def test_a_broker_that_cannot_listen_is_reported_with_the_end_of_its_log(broker, tmp_path):
    folder = tmp_path / "second"
    folder.mkdir()
    kind = "mosquitto" if "mosquitto" in broker.child.name else "embedded"
    command = KINDS[kind].command(folder, broker.port)
    assert command is not None
    child = await Child.start(kind, command, folder / "broker.log", OUR_ENVIRONMENT)
    await asyncio.wait_for(child.process.wait(), PATIENCE_S)
    assert str(folder / "broker.log") in str(child.failure("did not start"))
    assert "in use" in child.tail()
