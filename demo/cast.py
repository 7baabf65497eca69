"""Which programs play the devices: the firmware compiled for this machine, or the stand-ins in Python."""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .bath_settings import DEFAULTS
from .errors import StartError
from .options import Options
from .processes import OUR_ENVIRONMENT
from .recording import Recording

FOLDER = "BTR_DEVICES"
"""Name of the environment variable in which scripts/demo says where the compiled devices are; empty for none."""
BATTERY, BATH = "btr_battery_host", "btr_bath_host"
MOST_WATER_SPEED = 10.0
"""Water that reacts faster than this jumps by more than the compiled bath believes of a probe."""


@dataclass(frozen=True, slots=True)
class Part:
    """A program to start."""

    name: str
    command: tuple[str, ...]
    env: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Cast:
    """The programs for both devices; ``compiled`` is the folder of the compiled ones, None for the stand-ins."""

    options: Options
    broker: str
    folder: Path
    compiled: Path | None

    @property
    def name(self) -> str:
        """Who plays, for people."""
        if self.compiled is not None:
            return "compiled firmware"
        return f"Python stand-ins, {'our' if self.options.family == 'ours' else 'original'} protocol"

    def bath(self, code: str) -> Part:
        """The bath, its settings such that a visitor need not wait."""
        if self.compiled is None:
            return self._stand_in("bath", "--code", code, "--speed", str(self.options.speed))
        settings = self.folder / "bath_settings.json"
        settings.write_text(json.dumps(DEFAULTS), "utf-8")
        speed = min(self.options.speed, MOST_WATER_SPEED)
        return self._firmware("bath", BATH, "--code", code, "--speed", f"{speed:g}", "--first-settings", str(settings))

    def battery(self, node_id: str, recording: Recording, file: Path, start_s: float) -> Part:
        """The node, replaying ``recording``, which was read from ``file``, from ``start_s`` on."""
        vents = ("--vents",) if self.options.recording is None else ()
        replay = ("--id", node_id, "--start", str(start_s), "--speed", str(self.options.speed), *vents)
        if self.compiled is None:
            family = ("--family", self.options.family)
            return self._stand_in("battery_node", "--recording", str(file), *family, *replay)
        even = self.folder / "replayed.csv"
        recording.write_even(even)
        return self._firmware("battery_node", BATTERY, "--recording", str(even), *replay)

    def _stand_in(self, name: str, *arguments: str) -> Part:
        command = (sys.executable, "-m", f"demo.{name}", "--broker", self.broker, *arguments)
        return Part(name, command, OUR_ENVIRONMENT)

    def _firmware(self, name: str, program: str, *arguments: str) -> Part:
        if self.compiled is None:
            raise AssertionError("there is no compiled firmware")
        state = self.folder / f"{name}_state"
        state.mkdir(exist_ok=True)
        command = (str(self.compiled / program), "--broker", self.broker, "--state", str(state), *arguments)
        return Part(name, command)


def compiled_devices() -> Path | None:
    """The folder of the compiled devices, None where there are none."""
    folder = os.environ.get(FOLDER)
    if not folder or not all((Path(folder) / name).exists() for name in (BATTERY, BATH)):
        return None
    return Path(folder)


def choose_cast(options: Options, broker: str, folder: Path) -> Cast:
    """The best programs there are for what was asked.

    Raises:
        StartError: compiled ones were asked for, and there are none.
    """
    compiled = compiled_devices() if options.devices != "python" and options.family == "ours" else None
    if options.devices == "compiled" and compiled is None:
        raise StartError(
            "the devices are not compiled. Run scripts/devices to see why not, or leave --devices out, which takes "
            "the stand-ins in Python then."
        )
    return Cast(options, broker, folder, compiled)
