"""An entry with a broker of its own: a real mosquitto with TLS, users and rights, compiled devices, a real core."""

import asyncio
import contextlib
import json
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiomqtt import Client, ProtocolVersion

from demo.bath_settings import DEFAULTS
from demo.broker import HOST
from demo.cast import BATH, BATTERY, compiled_devices
from demo.default_recording import DEFAULT_SEED, write_default_recording
from demo.entities import wait_for_device
from demo.ha_client import AnswerError, HomeAssistantClient
from demo.homeassistant import HomeAssistant, problems_in, start_home_assistant
from demo.processes import Child, free_port
from demo.recording import load_recording

from .secured_broker import Authority, SecuredBroker, mosquitto
from .test_broker_returns import until

FLOW = "/api/config/config_entries/flow"
TOPICS = {"battery_prefixes": ["btr/+"], "original_node": False, "bath_root": "compostlab/v2"}
PASSWORDS = {user: f"planted-{user}-password" for user in ("homeassistant", "cell-1", "bath-1")}
KEEPALIVE_S = 5
GONE_S = 1.5 * KEEPALIVE_S + 2.0
BACK_S = 12.0
"""The longest pause between two attempts is five seconds, and all is well within ten of the broker's return."""


@dataclass(frozen=True)
class Scene:
    """A broker, two devices on it, and a Home Assistant that knows neither yet."""

    broker: SecuredBroker
    home: HomeAssistant
    client: HomeAssistantClient
    session: aiohttp.ClientSession
    folder: Path

    async def upload(self, content: bytes) -> str:
        """Send a file as a browser does; returns its id."""
        form = aiohttp.FormData()
        form.add_field("file", content, filename="ca.pem")
        headers = {"Authorization": f"Bearer {self.home.token}"}
        url = f"{self.home.url}/api/file_upload"
        async with self.session.post(url, data=form, headers=headers) as answer:
            assert answer.status == 200, await answer.text()
            return str((await answer.json())["file_id"])

    async def fills(self, flow: Mapping[str, Any], form: Mapping[str, Any]) -> dict[str, Any]:
        """Answer a form or menu; returns what is shown then."""
        shown: dict[str, Any] = await self.client.request("POST", f"{FLOW}/{flow['flow_id']}", form)
        return shown

    async def names_the_broker(self, flow: Mapping[str, Any], password: str, authority: Authority) -> dict[str, Any]:
        """Fill in the form of the broker."""
        form = {
            "host": HOST,
            "port": self.broker.port,
            "username": "homeassistant",
            "password": password,
            "encryption": "own_ca",
            "certificate": await self.upload(authority.pem),
            "advanced": {"keepalive": KEEPALIVE_S},
        }
        return await self.fills(flow, form)

    async def is_locked_out_and_let_in_again(self, heard: tuple[str, ...]) -> None:
        """The broker has a new password: Home Assistant asks for it, and goes on with it."""
        self.broker.forbid_commands()
        self.broker.set_passwords({**PASSWORDS, "homeassistant": "planted-new-password"})
        await self.broker.stop()
        await self.broker.start()
        flows: list[dict[str, Any]] = []

        async def is_asked() -> None:
            while not flows:
                await asyncio.sleep(0.3)
                flows.extend(await self.client.command("config_entries/flow/progress"))

        await asyncio.wait_for(is_asked(), BACK_S)
        (flow,) = flows
        assert (flow["handler"], flow["context"]["source"]) == ("btr", "reauth")
        assert self.values(*heard) == {"unavailable"}
        wrong = await self.fills(flow, {"username": "homeassistant", "password": "planted-wrong"})
        assert wrong["errors"] == {"base": "invalid_auth"}
        done = await self.fills(flow, {"username": "homeassistant", "password": "planted-new-password"})
        assert done["reason"] == "reauth_successful"
        await until(lambda: "unavailable" not in self.values(*heard), BACK_S)

    def values(self, *entities: str) -> set[str]:
        """What is shown of these."""
        return {str(self.client.states[entity]["state"]) for entity in entities}


def started_device(program: str, user: str, broker: SecuredBroker, folder: Path, *options: str) -> list[str]:
    """The command that starts a compiled device as a user of its own."""
    devices = compiled_devices()
    assert devices is not None
    password, state = folder / f"{user}.password", folder / f"{user}_state"
    password.write_text(PASSWORDS[user])
    state.mkdir()
    own = ["--user", user, "--password-file", str(password), "--cafile", str(broker.ca_file), "--state", str(state)]
    return [str(devices / program), "--broker", broker.address, *own, *options]


@contextlib.asynccontextmanager
async def raised_scene(folder: Path, authority: Authority) -> AsyncIterator[Scene]:
    """Start everything, and end it."""
    program = mosquitto()
    if program is None:
        pytest.skip("there is no mosquitto on this machine")
    async with contextlib.AsyncExitStack() as stack:
        broker = SecuredBroker(program, folder / "broker", authority, PASSWORDS)
        stack.push_async_callback(broker.stop)
        await broker.start()
        session = await stack.enter_async_context(aiohttp.ClientSession())
        home = await start_home_assistant(session, folder / "homeassistant", HOST, free_port(HOST))
        stack.push_async_callback(home.child.stop)
        client = await stack.enter_async_context(HomeAssistantClient(session, home.url, home.token))
        await client.wait_until_running()
        settings = folder / "bath_settings.json"
        settings.write_text(json.dumps(DEFAULTS))
        first = ("--first-settings", str(settings))
        even = folder / "replayed.csv"
        load_recording(write_default_recording(folder, DEFAULT_SEED)).write_even(even)
        for name, command in (
            ("bath", started_device(BATH, "bath-1", broker, folder, "--code", "bath-1", *first)),
            ("cell", started_device(BATTERY, "cell-1", broker, folder, "--id", "cell-1", "--recording", str(even))),
        ):
            child = await Child.start(name, command, folder / f"{name}.log")
            stack.push_async_callback(child.stop)
        yield Scene(broker, home, client, session, folder)


async def is_connected(scene: Scene, authority: Authority) -> str:
    """The user sets it up, wrongly at first; returns the id of the entry."""
    menu = await scene.client.request("POST", FLOW, {"handler": "btr"})
    flow = await scene.fills(menu, {"next_step_id": "own_broker"})
    assert (await scene.names_the_broker(flow, "wrong", authority))["errors"] == {"base": "invalid_auth"}
    stranger = await scene.names_the_broker(flow, PASSWORDS["homeassistant"], Authority("Stranger"))
    assert stranger["errors"] == {"encryption": "certificate_refused"}
    topics = await scene.names_the_broker(flow, PASSWORDS["homeassistant"], authority)
    assert topics["step_id"] == "topics", topics
    made = await scene.fills(topics, TOPICS)
    assert made["type"] == "create_entry", made
    return str(made["result"]["entry_id"])


async def nobody_plays_another(scene: Scene, authority: Authority) -> None:
    """S2: a cell that was taken over can neither command the bath nor invent another cell."""
    context = ssl.create_default_context(cadata=authority.pem.decode())
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    thief = Client(
        HOST,
        scene.broker.port,
        username="cell-1",
        password=PASSWORDS["cell-1"],
        identifier="thief",
        protocol=ProtocolVersion.V5,
        tls_context=context,
    )
    async with thief:
        for topic in ("btr/cell-2/register", "compostlab/v2/bath-1/response", "btr/cell-2/sensor"):
            await thief.publish(topic, '{"commands":[{"command":"emergency","action":"off"}]}', qos=1)


async def test_i1_i2_s1_s2_an_own_broker_with_tls_users_and_rights(tmp_path: Path) -> None:
    authority = Authority("Home")
    async with raised_scene(tmp_path, authority) as scene:
        entry_id = await is_connected(scene, authority)
        client, broker = scene.client, scene.broker
        cell = await wait_for_device(client, f"{entry_id}_battery_cell-1", (("sensor", "temp_internal_c"),), 30)
        bath = await wait_for_device(client, f"{entry_id}_bath_bath-1", (("climate", "bath"), ("sensor", "reason")), 30)
        heard = (cell.require("sensor", "temp_internal_c"), bath.require("climate", "bath"))

        async def everything_is_gone_and_back(come_back: Callable[[], Any]) -> None:
            await until(lambda: scene.values(*heard) == {"unavailable"}, GONE_S)
            result = come_back()
            if result is not None:
                await result
            await until(lambda: "unavailable" not in scene.values(*heard), BACK_S)

        await until(lambda: "unavailable" not in scene.values(*heard), BACK_S)
        stop = bath.require("switch", "emergency")
        await client.call_service("switch", "turn_on", entity_id=stop)
        seen = bath.require("sensor", "reason")
        await until(lambda: scene.values(seen) == {"emergency"}, BACK_S)

        await nobody_plays_another(scene, authority)
        await broker.stop()
        await everything_is_gone_and_back(broker.start)
        await broker.die()
        await everything_is_gone_and_back(broker.start)
        broker.freeze()
        await everything_is_gone_and_back(broker.go_on)
        assert scene.values(stop) == {"on"}
        assert not [row for row in client.states if "cell_2" in row]

        await scene.is_locked_out_and_let_in_again(heard)
        log = scene.home.log.read_text("utf-8")
        assert problems_in(log) == []
        with pytest.raises(AnswerError, match="does not let BTR send"):
            await client.call_service("button", "press", entity_id=bath.require("button", "release_emergency"))
        assert scene.values(stop, seen) == {"on", "emergency"}
    assert (log.count("The MQTT broker is gone"), log.count("The MQTT broker is back")) == (4, 5)
    assert "planted" not in log
