"""The demo's MQTT broker: mosquitto where it is installed, else a broker from the package index, on loopback only."""

import importlib.util
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from .errors import StartError
from .processes import OUR_ENVIRONMENT, Child, free_port, wait_until_listening

HOST = "127.0.0.1"
START_S = 20.0
MOSQUITTO_SETTINGS = """\
listener {port} {host}
allow_anonymous true
persistence false
log_dest stderr
log_type error
log_type warning
"""
SBIN = "/usr/sbin:/usr/local/sbin"
"""Where distributions put mosquitto; not on the path of ordinary users."""


@dataclass(frozen=True, slots=True)
class Broker:
    """A broker that listens; ``protocol`` is the newest MQTT version it speaks, in Home Assistant's words."""

    child: Child
    port: int
    protocol: str

    @property
    def address(self) -> str:
        """``host:port``, as the device programs take it."""
        return f"{HOST}:{self.port}"


def _mosquitto_command(folder: Path, port: int) -> list[str] | None:
    program = os.environ.get("MOSQUITTO") or shutil.which("mosquitto") or shutil.which("mosquitto", path=SBIN)
    if program is None:
        return None
    config = folder / "mosquitto.conf"
    config.write_text(MOSQUITTO_SETTINGS.format(host=HOST, port=port), "utf-8")
    return [program, "-c", str(config)]


def _embedded_command(folder: Path, port: int) -> list[str] | None:
    del folder
    if importlib.util.find_spec("amqtt") is None:
        return None
    return [sys.executable, "-m", "demo.embedded_broker", "--listen", f"{HOST}:{port}"]


@dataclass(frozen=True, slots=True)
class _Kind:
    command: Callable[[Path, int], list[str] | None]
    protocol: str


KINDS: Mapping[str, _Kind] = {
    "mosquitto": _Kind(_mosquitto_command, "5"),
    "embedded": _Kind(_embedded_command, "3.1.1"),
}
"""In order of preference."""


async def start_broker(folder: Path, kind: str | None = None, port: int | None = None) -> Broker:
    """Start the best broker there is, or the one of that kind, on a free port or the given one.

    Raises:
        StartError: there is none, or it does not listen.
    """
    port = port or free_port(HOST)
    for name in (kind,) if kind else KINDS:
        command = KINDS[name].command(folder, port)
        if command is not None:
            child = await Child.start(f"MQTT broker ({name})", command, folder / "broker.log", OUR_ENVIRONMENT)
            try:
                await wait_until_listening(child, HOST, port, START_S)
            except StartError:
                await child.stop()
                raise
            return Broker(child, port, KINDS[name].protocol)
    raise StartError(
        f"there is no MQTT broker{f' of the kind {kind}' if kind else ''}. Install mosquitto "
        "(Debian, Ubuntu: apt-get install mosquitto), or run scripts/setup, which installs the Python package amqtt."
    )
