"""A real Home Assistant for one contestant: with MQTT, the recorder as users have it, and the loop probe inside."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from demo.broker import HOST, Broker
from demo.ha_client import HomeAssistantClient
from demo.homeassistant import START_S, mqtt_step, start_home_assistant
from demo.processes import free_port

MQTT_FILE = "mqtt.yaml"
NO_ENTITIES = "sensor: []\n"
_PROBE = Path(__file__).resolve().parent / "loop_probe"
_PROBE_PATH = "/api/loop_probe"
# The demo commits every second, so that its history is up to date; users have the default.
_DEMO_RECORDER = "recorder:\n  commit_interval: 1\n"
_RECORDER = "recorder:\n"


@dataclass(frozen=True, slots=True)
class Home:
    """A running Home Assistant that has MQTT and hears the markers of the load."""

    folder: Path
    pid: int
    client: HomeAssistantClient
    log: Path

    async def take_probe(self) -> dict[str, list[float]]:
        """What the loop probe collected since the last call."""
        collected: dict[str, list[float]] = await self.client.request("GET", _PROBE_PATH)
        return collected


@asynccontextmanager
async def running_home(folder: Path, broker: Broker) -> AsyncIterator[Home]:
    """Start it in a new folder, set up MQTT, end it at the end."""
    async with aiohttp.ClientSession() as session:
        started = await start_home_assistant(session, folder, HOST, free_port(HOST), _adapt)
        try:
            client = HomeAssistantClient(session, started.url, started.token)
            # Only REST and single commands: a client that follows the states would be part of what is measured.
            await _wait_until_started(client)
            await client.configure("mqtt", [mqtt_step(HOST, broker.port, broker.protocol)])
            await client.request("POST", _PROBE_PATH)
            yield Home(folder, started.child.process.pid, client, started.log)
        finally:
            await started.child.stop(60)


async def _wait_until_started(client: HomeAssistantClient) -> None:
    # It answers before everything in its configuration has been set up.
    async with asyncio.timeout(START_S):
        while (await client.request("GET", "/api/config"))["state"] != "RUNNING":  # noqa: ASYNC110
            await asyncio.sleep(0.5)


def _adapt(folder: Path) -> None:
    file = folder / "configuration.yaml"
    text = file.read_text("utf-8")
    if _DEMO_RECORDER not in text:
        raise ValueError("the configuration of demo/homeassistant.py has changed: name its recorder lines here again")
    text = text.replace(_DEMO_RECORDER, _RECORDER)
    file.write_text(f"{text}mqtt: !include {MQTT_FILE}\nloop_probe:\n", "utf-8")
    (folder / MQTT_FILE).write_text(NO_ENTITIES, "utf-8")
    components = folder / "custom_components"
    # A regular package: a namespace package would end up at the folder that this program was started in.
    (components / "__init__.py").touch()
    shutil.copytree(_PROBE, components / _PROBE.name, ignore=shutil.ignore_patterns("__pycache__"))
