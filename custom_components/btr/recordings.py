"""Recordings on disk: written whole or not at all, into one folder; what nobody asked to keep is aged out.

One minute at 2 Hz is 2 KB for each temperature.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from threading import Lock
from typing import Final, NamedTuple
from weakref import WeakSet

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util

from .const import DOMAIN
from .core.black_box import Tape
from .core.messages import DeviceKey, Level
from .core.outcome import Event, EventKind
from .core.recording import PREFIX, as_csv, black_box_channel, file_name, is_black_box, names_begin, says_runaway
from .core.series import Sample
from .core.state import AlarmRecord
from .device import BatteryDevice

_LOGGER = logging.getLogger(__name__)

FOLDER: Final = "btr_recordings"
CHANNELS: Final = {"internal": "temp_internal_c", "ambient": "temp_ambient_c"}
# A cell that runs away does it within minutes; of a short box, half is for what came before.
AFTER_ALARM_S: Final = 300.0
# Of an alarm from before a restart, the rest is written as well if it is as young as this
FRESH: Final = timedelta(hours=1)
# A hundred events of two temperatures: years of alarms of one home, or a day of somebody who presses the button.
MOST_FILES: Final = 200
# Little on the smallest card that Home Assistant runs on, and still 150 hours at 2 Hz
MOST_BYTES: Final = 20_000_000
MOST_LISTED: Final = 20
_PART: Final = ".part"
_NAMING = Lock()


class _Due(NamedTuple):
    """An alarm that will be written: when, on the monotone clock."""

    device: BatteryDevice
    at_s: float


def write_new(
    folder: Path, device_id: str, channel: str, start: datetime, samples: Iterable[Sample], *, runaway: bool
) -> Path:
    """Write under the first name that is free and return the path; it is there whole or, after an error, not at all.

    Runs in the executor. A file that is there is never touched.

    Raises:
        OSError: there is no room or no right.
    """
    folder.mkdir(exist_ok=True)
    with _NAMING:
        names = (file_name(device_id, channel, start, runaway=runaway, copy=copy) for copy in count(1))
        for left in folder.glob(f".{PREFIX}*{_PART}"):
            # Whoever writes holds the lock: this one is from a power cut.
            left.unlink(missing_ok=True)
        path = next(path for path in (folder / name for name in names) if not path.exists())
        part = path.with_name(f".{path.name}{_PART}")
        try:
            part.write_text(as_csv(samples), encoding="utf-8", newline="")
            part.replace(path)
        except OSError:
            part.unlink(missing_ok=True)
            raise
    return path


def age_out(folder: Path, keep: Iterable[Path] = (), most_files: int = MOST_FILES, most_bytes: int = MOST_BYTES) -> int:
    """Delete the oldest files of black boxes beyond what may be kept, and return how many.

    A runaway goes last, ``keep`` never; nor does what a user has exported or renamed. Runs in the executor.
    """
    kept = frozenset(keep)
    stats = {path: path.stat() for path in folder.iterdir() if is_black_box(path.name)}
    too_many, too_much = len(stats) - most_files, sum(stat.st_size for stat in stats.values()) - most_bytes
    gone = 0
    for path in sorted(stats, key=lambda path: (says_runaway(path.name), stats[path].st_mtime)):
        if gone >= too_many and too_much <= 0:
            break
        if path not in kept:
            path.unlink(missing_ok=True)
            gone += 1
            too_much -= stats[path].st_size
    return gone


def list_names(folder: Path, device_id: str) -> list[str]:
    """Return the newest files of the black box of a battery, newest first. Runs in the executor."""
    begins = names_begin(device_id)
    try:
        found = [path for path in folder.iterdir() if path.name.startswith(begins) and is_black_box(path.name)]
        found.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    except OSError:
        return []
    return [path.name for path in found[:MOST_LISTED]]


class BlackBoxKeeper:
    """Writes the black boxes of one entry: some minutes after a danger was raised, or when they are asked for."""

    def __init__(self, hass: HomeAssistant, counters: Counter[str], complain: Callable[..., None]) -> None:
        """``complain`` logs at most once a minute for a cause."""
        self._hass = hass
        self._counters = counters
        self._complain = complain
        self._due: dict[DeviceKey, _Due] = {}
        self._met: WeakSet[BatteryDevice] = WeakSet()

    @property
    def folder(self) -> Path:
        """Where recordings are, whether or not there is one."""
        return Path(self._hass.config.path(FOLDER))

    @callback
    def note(self, device: BatteryDevice, events: Iterable[Event]) -> None:
        """Take note of what became of an alarm: a danger will be written, once; its end makes that due at once.

        A drill is no alarm. A danger from before a restart is one that was raised when the battery is met.
        """
        now_s = time.monotonic()
        if device not in self._met:
            self._met.add(device)
            if _goes_on(device.monitor.alarms.record):
                self._write_later(device, now_s)
        for event in events:
            if event.data.get("drill"):
                continue
            if event.kind in (EventKind.RAISED, EventKind.ESCALATED) and event.data["level"] == Level.DANGER.key:
                self._write_later(device, now_s)
            elif event.kind is EventKind.CLEARED and device.key in self._due:
                self._due[device.key] = _Due(device, now_s)

    @callback
    def take_due(self, now_s: float) -> list[BatteryDevice]:
        """Return the batteries whose alarm is to be written now; each is told once."""
        due = [key for key, (_, at_s) in self._due.items() if at_s <= now_s]
        return [self._due.pop(key).device for key in due]

    @callback
    def forget(self, key: DeviceKey) -> None:
        """Write nothing of a device that is gone."""
        self._due.pop(key, None)

    async def async_write_alarms(self, devices: Iterable[BatteryDevice]) -> None:
        """Write the boxes of batteries with an alarm; a disk that fails is one line in the log and no more."""
        for device in devices:
            try:
                await self._async_write(device, runaway=device.monitor.alarms.record.is_latched)
            except OSError as error:
                self._counters["recordings_failed"] += 1
                self._complain(
                    "recording", "The recording of %s was not written: %s", device.name, error, level=logging.WARNING
                )

    async def async_write_all(self) -> None:
        """Write what is still waiting, because nobody will be there when it is due."""
        await self.async_write_alarms(self.take_due(float("inf")))

    async def async_save(self, device: BatteryDevice) -> list[Path]:
        """Write the box of a battery because the user wants it, and return the files.

        Raises:
            HomeAssistantError: nothing was heard yet, or the disk refuses.
        """
        try:
            paths = await self._async_write(device, runaway=False)
        except OSError as error:
            self._counters["recordings_failed"] += 1
            raise not_written(self.folder, error) from error
        if not paths:
            raise HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key="nothing_to_save",
                translation_placeholders={"device": device.name},
            )
        return paths

    def _write_later(self, device: BatteryDevice, now_s: float) -> None:
        wait_s = min(AFTER_ALARM_S, device.monitor.black_box.length_s / 2)
        self._due.setdefault(device.key, _Due(device, now_s + wait_s))

    async def _async_write(self, device: BatteryDevice, *, runaway: bool) -> list[Path]:
        tape = device.monitor.black_box.tape()
        if tape is None:
            return []
        paths = await self._hass.async_add_executor_job(self._write, device.key.id, tape, runaway)
        self._counters["recordings_written"] += len(paths)
        for path in paths:
            _LOGGER.info("%s was recorded in %s", device.name, path.name)
        return paths

    def _write(self, device_id: str, tape: Tape, runaway: bool) -> list[Path]:
        paths = []
        for channel, field in CHANNELS.items():
            if len(samples := tape.all_samples(field)) >= 2:
                box = black_box_channel(channel)
                paths.append(write_new(self.folder, device_id, box, tape.begins_at, samples, runaway=runaway))
        if paths:
            age_out(self.folder, paths)
        return paths


def _goes_on(record: AlarmRecord) -> bool:
    return record.is_latched and record.raised_at is not None and dt_util.utcnow() - record.raised_at < FRESH


def not_written(folder: Path, error: OSError) -> HomeAssistantError:
    """Return what the user is told when the disk refuses."""
    return HomeAssistantError(
        translation_domain=DOMAIN,
        translation_key="recording_not_written",
        translation_placeholders={"folder": str(folder), "reason": error.strerror or str(error)},
    )
