"""A real Home Assistant in a folder of its own: started, onboarded, never reaching for the internet."""

import asyncio
import json
import os
import secrets
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import aiohttp

from .ha_client import AnswerError, request
from .processes import Child
from .run_homeassistant import HIDDEN

START_S = 180.0
"""Seven seconds are usual; the first start on a slow machine compiles and installs."""
USER = "demo"
LAUNCHER = Path(__file__).with_name("run_homeassistant.py")
INTEGRATION = Path(__file__).parents[1] / "custom_components" / "btr"

CONFIGURATION = """\
# Written by the demo. default_config is left out: it looks for Bluetooth, USB and other devices.
homeassistant:
  name: BTR demo
  unit_system: metric
  time_zone: UTC
  latitude: 0
  longitude: 0
  elevation: 0
  currency: EUR
  country: DE
frontend:
config:
history:
logbook:
my:
system_health:
diagnostics:
automation:
script:
scene:
recorder:
  commit_interval: 1
logger:
  default: warning
  logs:
    custom_components.btr: info
    homeassistant.components.mqtt.client: info
"""

# Only the user is left to be made. The other steps of the onboarding would start integrations that want the internet.
ONBOARDING = {"done": ["core_config", "analytics", "integration"]}


def _http_settings(host: str, port: int) -> dict[str, object]:
    """The port is no part of configuration.yaml any more."""
    stable = {
        "server_host": [host],
        "server_port": port,
        "cors_allowed_origins": ["https://cast.home-assistant.io"],
        "login_attempts_threshold": -1,
        "ip_ban_enabled": True,
        "ssl_profile": "modern",
        "use_x_frame_options": True,
        "created_at": datetime.now(UTC).isoformat(),
        "error": None,
        "error_message": None,
    }
    return {"stable": stable, "pending": None, "yaml_migration_done": True}


def prepare(folder: Path, host: str, port: int) -> None:
    """Fill an empty folder with everything that Home Assistant needs to start with BTR installed."""
    storage = folder / ".storage"
    storage.mkdir(parents=True)
    (folder / "tmp").mkdir()
    (folder / "configuration.yaml").write_text(CONFIGURATION, "utf-8")
    for key, version, minor, data in (
        ("http", 2, 2, _http_settings(host, port)),
        ("onboarding", 4, 1, ONBOARDING),
    ):
        stored = {"version": version, "minor_version": minor, "key": key, "data": data}
        (storage / key).write_text(json.dumps(stored), "utf-8")
    shutil.copytree(
        INTEGRATION, folder / "custom_components" / "btr", ignore=shutil.ignore_patterns("__pycache__", "*.pyc")
    )


@dataclass(frozen=True, slots=True)
class HomeAssistant:
    """A running Home Assistant with one user; ``token`` lets in for half an hour, and a websocket stays open longer."""

    child: Child
    url: str
    password: str
    token: str
    log: Path


async def start_home_assistant(
    session: aiohttp.ClientSession,
    folder: Path,
    host: str,
    port: int,
    adapt: Callable[[Path], None] = lambda _: None,
    hidden: Sequence[str] = (),
) -> HomeAssistant:
    """Start it in ``folder``, wait until it answers, make the user.

    ``adapt`` may change the folder before the start; the packages ``hidden`` are not there for this Home Assistant.

    Raises:
        StartError: it ended, or did not answer in time; with the end of its log.
        AnswerError: it refused a step of the onboarding.
    """
    prepare(folder, host, port)
    adapt(folder)
    log = folder / "home-assistant.log"
    # without PYTHONPATH and, through -P, without the current folder: custom_components is to be the one in the folder
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    env |= {"TMPDIR": str(folder / "tmp"), "PYTHONDONTWRITEBYTECODE": "1", HIDDEN: ",".join(hidden)}
    command = [sys.executable, "-P", str(LAUNCHER), "--config", str(folder), "--log-no-color", "--log-file", str(log)]
    child = await Child.start("Home Assistant", command, folder / "console.log", env)
    # who listens everywhere is reached on this machine, too
    url = f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}"
    try:
        await _wait_until_answering(session, child, url)
        password = secrets.token_urlsafe(9)
        token = await _make_user(session, url, password)
    except BaseException:
        await child.stop()
        raise
    return HomeAssistant(child, url, password, token, log)


async def _wait_until_answering(session: aiohttp.ClientSession, child: Child, url: str) -> None:
    deadline = asyncio.get_running_loop().time() + START_S
    while asyncio.get_running_loop().time() < deadline:
        if not child.is_running:
            raise child.failure("did not start")
        try:
            await request(session, "GET", f"{url}/api/onboarding")
        except AnswerError:
            await asyncio.sleep(0.3)
            continue
        return
    raise child.failure(f"did not answer within {START_S:g} s")


async def _make_user(session: aiohttp.ClientSession, url: str, password: str) -> str:
    client_id = f"{url}/"
    user = {"name": "Demo", "username": USER, "password": password, "client_id": client_id, "language": "en"}
    made = await request(session, "POST", f"{url}/api/onboarding/users", json=user)
    grant = {"grant_type": "authorization_code", "code": made["auth_code"], "client_id": client_id}
    return str((await request(session, "POST", f"{url}/auth/token", form=grant))["access_token"])


def problems_in(log_text: str) -> list[str]:
    """The lines of a log that a visitor should never see: errors, tracebacks, and warnings that name btr."""
    return [
        line
        for line in log_text.splitlines()
        if " ERROR " in line
        or " CRITICAL " in line
        or line.startswith("Traceback")
        or (" WARNING " in line and "btr" in line.lower())
    ]


def mqtt_step(host: str, port: int, protocol: str) -> Mapping[str, object]:
    """The answers to the form of Home Assistant's own MQTT integration."""
    other = {"set_client_cert": False, "set_ca_cert": "off", "transport": "tcp"}
    return {"broker": host, "port": port, "protocol": protocol, "other_settings": other}


def btr_steps() -> list[Mapping[str, object]]:
    """The answers to BTR's menu and form: Home Assistant's MQTT, and the topics that it proposes itself."""
    topics = {"battery_prefixes": ["btr/+"], "original_node": True, "bath_root": "compostlab/v2"}
    return [{"next_step_id": "homeassistant_mqtt"}, topics]
