"""The hub of one entry: the only run-time subscriber, the owner of all devices, and the tick.

A message does nothing but feed its device. Twice a second every device takes a step: its messages are sent, its events
kept, its listeners told, and the windows of all batteries go to the engine as one batch.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.util import dt as dt_util

from .announcer import Announcer
from .answers import Answers
from .command_words import FailureKey
from .const import DOMAIN
from .core.codec import decode
from .core.errors import CodecError
from .core.messages import (
    BathRegister,
    BathTelemetry,
    BatteryRegister,
    BatterySample,
    DeviceKey,
    Message,
    Publish,
    Receipt,
)
from .core.outcome import Event, Outcome
from .device import AnyDevice, BatteryDevice, scope_of
from .device_commands import DeviceCommands
from .device_issues import DeviceIssues
from .device_options import DeviceOptions
from .factory import DeviceFactory
from .memory import Memory
from .recordings import BlackBoxKeeper
from .registry import DeviceBook
from .risk_monitor import RiskMonitor
from .settings import EntrySettings
from .transport import Transport

_LOGGER = logging.getLogger(__name__)

TICK: Final = timedelta(seconds=0.5)
RESCAN: Final = timedelta(minutes=1)
KEEP_PROGRESS: Final = timedelta(minutes=10)
STEPS_IN_A_ROW: Final = 8
MAX_DEVICES: Final = 1000
COMPLAIN_EVERY_S: Final = 60.0
IGNORED: Final = "Message ignored (%s, %s so far): %s"

type BtrConfigEntry = ConfigEntry[BtrHub]
type DeviceListener = Callable[[AnyDevice], None]


class BtrHub:
    """All devices behind one MQTT connection."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: BtrConfigEntry,
        settings: EntrySettings,
        transport: Transport,
        memory: Memory,
        risk: RiskMonitor,
    ) -> None:
        """Wire the parts; nothing runs before ``async_start``."""
        self.settings = settings
        self.risk = risk
        self._answers = Answers(hass)
        self.commands = DeviceCommands(self, memory, self._answers)
        self.options = DeviceOptions(memory)
        self.counters: Counter[str] = Counter()
        self._announcer = Announcer(hass, entry.entry_id)
        self.recordings = BlackBoxKeeper(hass, self.counters, self._complain)
        self.connected = transport.connected
        self.transport = transport
        self._hass = hass
        self._entry = entry
        self._book = DeviceBook(hass, entry, memory)
        self._factory = DeviceFactory(settings, memory, self.options, scope_of(entry))
        self._devices: dict[DeviceKey, AnyDevice] = {}
        self._issues = DeviceIssues(hass, entry, self._devices)
        self._device_listeners: list[DeviceListener] = []
        self._complained_s: dict[str, float] = {}
        self._round: asyncio.Task[None] | None = None
        self._is_over = False

    @property
    def devices(self) -> Mapping[DeviceKey, AnyDevice]:
        """Every device of this connection by its key."""
        return self._devices

    @callback
    def restore_devices(self) -> None:
        """Bring back the devices of the registry, unavailable until they are heard."""
        for key in self._book.known_keys(self.settings.topics):
            self._add(key)
        self._entry.async_on_unload(self._book.follow_names(self._devices))

    async def async_start(self) -> None:
        """Listen and tick until the entry is unloaded; the engine is loaded meanwhile."""
        on_unload = self._entry.async_on_unload
        # Home Assistant does not unload an entry when it stops, and has no executor left towards the end
        for action, interval in (
            (self._tick, TICK),
            (self._rescan, RESCAN),
            (self._keep_progress, KEEP_PROGRESS),
        ):
            name = f"{DOMAIN}{action.__name__.replace('_', ' ')}"
            on_unload(async_track_time_interval(self._hass, action, interval, name=name, cancel_on_shutdown=True))
        on_unload(self._async_release)
        on_unload(self._issues.release)
        on_unload(self._hass.async_add_shutdown_job(HassJob(self._async_release, f"{DOMAIN} release")))
        filters = self.settings.topics.subscriptions()
        on_unload(await self.transport.async_subscribe(filters, self._on_message, self._on_connection))
        # The connection may have come or gone while the platforms were set up
        self._on_connection(self.transport.connected)
        self._entry.async_create_background_task(self._hass, self.risk.async_load(), f"{DOMAIN} engine")

    async def _async_release(self) -> None:
        """End the watch, and leave no node behind that keeps quiet about its own danger because of us."""
        self._is_over = True
        self._answers.cut_off(FailureKey.UNLOADED)
        self._book.keep_progress(self._devices.values())
        for device in tuple(self._devices.values()):
            if isinstance(device, BatteryDevice):
                await self._async_send_quietly(device.monitor.release())
        await self.transport.async_stop()
        await self.recordings.async_write_all()

    @callback
    def add_device_listener(self, listener: DeviceListener) -> CALLBACK_TYPE:
        """Call ``listener`` for every device there is or will be, until the returned function is called."""
        self._device_listeners.append(listener)
        for device in tuple(self._devices.values()):
            listener(device)

        @callback
        def remove() -> None:
            self._device_listeners.remove(listener)

        return remove

    @callback
    def forget(self, key: DeviceKey) -> bool:
        """Drop a device that is silent; False when it is online and would only come back."""
        if (device := self._devices.get(key)) is not None:
            if device.state.online:
                return False
            self._tell_the_end(device)
            del self._devices[key]
            self._issues.forget(device)
        self._book.forget(key)
        self.risk.forget(key)
        self.recordings.forget(key)
        return True

    @callback
    def _tell_the_end(self, device: AnyDevice) -> None:
        """A phone may show the alarm of a device that is deleted, and a siren may sound for it."""
        device.core.alarms.end()
        notices = device.core.alarms.take_notices()
        events = tuple(Event(notice.kind, device.key, MappingProxyType(notice.data)) for notice in notices)
        device.settle(events)
        self._announcer.tell(device, Outcome(events=events))

    @callback
    def _on_message(self, topic: str, payload: bytes, retained: bool) -> None:
        try:
            message = decode(self.settings.topics, topic, payload)
        except CodecError as error:
            self._reject(topic, error)
            return
        if message is None:
            return
        receipt = Receipt(time.monotonic(), dt_util.utcnow(), retained)
        self._issues.hear(message, receipt)
        device = self._devices.get(message.device) or self._admit(message, retained)
        if device is not None:
            device.core.handle(message, receipt)

    def _reject(self, topic: str, error: CodecError) -> None:
        self.counters[error.reason] += 1
        route = self.settings.topics.route(topic)
        if route is not None and (device := self._devices.get(route.device)) is not None:
            device.core.note_malformed()
        self._complain(error.reason, IGNORED, error.reason, self.counters[error.reason], f"{topic}: {error}")

    def _admit(self, message: Message, retained: bool) -> AnyDevice | None:
        """Take in a device that speaks for the first time, None if it is not to become one."""
        if not _introduces(message, retained):
            return None
        if not self.settings.new_devices:
            self.counters["unknown_device"] += 1
            return None
        if len(self._devices) >= MAX_DEVICES:
            self.counters["too_many_devices"] += 1
            self._complain("too_many_devices", "%s is ignored, %s devices are the limit", message.device, MAX_DEVICES)
            return None
        _LOGGER.info("New device %s", message.device)
        return self._add(message.device)

    def _add(self, key: DeviceKey) -> AnyDevice:
        device = self._factory.make(key)
        self._devices[key] = device
        if isinstance(device, BatteryDevice):
            self.risk.watch(device)
        for listener in tuple(self._device_listeners):
            listener(device)
        return device

    def _complain(
        self, cause: str, text: str, *args: object, level: int = logging.INFO, with_trace: bool = False
    ) -> None:
        """Log at most one line per minute and cause, however often it happens."""
        now_s = time.monotonic()
        if now_s - self._complained_s.get(cause, float("-inf")) >= COMPLAIN_EVERY_S:
            self._complained_s[cause] = now_s
            _LOGGER.log(level, text, *args, exc_info=with_trace)

    @callback
    def _on_connection(self, connected: bool) -> None:
        if connected == self.connected:
            return
        self.connected = connected
        _LOGGER.info("The MQTT broker is %s", "back" if connected else "gone; all devices are unavailable")
        if not connected:
            self._answers.cut_off(FailureKey.CONNECTION_LOST)
        for device in tuple(self._devices.values()):
            device.notify()

    async def _rescan(self, at: datetime) -> None:
        """Offer a model as soon as its file is there, and tell of what has to be repaired."""
        await self.risk.async_rescan()
        await self._issues.async_review(time.monotonic())

    @callback
    def _keep_progress(self, at: datetime) -> None:
        self._book.keep_progress(self._devices.values())

    @callback
    def _tick(self, at: datetime) -> None:
        if not self._is_over and (self._round is None or self._round.done()):
            self._round = self._entry.async_create_background_task(self._hass, self._async_round(at), f"{DOMAIN} round")

    async def _async_round(self, at: datetime) -> None:
        """Let every device take its step, a few at a time: a hundred in one go would hold the event loop for 20 ms."""
        now_s = time.monotonic()
        for count, device in enumerate(tuple(self._devices.values()), start=1):
            if device.key not in self._devices:
                continue  # deleted since the round began, and told of for the last time
            try:
                self._step(device, now_s, at)
            except Exception:  # noqa: BLE001 - a fault of ours with one device must not leave all others unwatched
                self._complain("step", "%s: step failed", device.key, level=logging.ERROR, with_trace=True)
            if count % STEPS_IN_A_ROW == 0:
                await asyncio.sleep(0)
        self.risk.collect()
        if due := self.recordings.take_due(now_s):
            self._entry.async_create_task(self._hass, self.recordings.async_write_alarms(due), f"{DOMAIN} recording")

    @callback
    def _step(self, device: AnyDevice, now_s: float, at: datetime) -> None:
        outcome = device.core.update(now_s, at)
        self._settle(device, outcome)
        if outcome.publishes:
            self._entry.async_create_task(self._hass, self._async_send_quietly(outcome.publishes), f"{DOMAIN} send")

    @callback
    def step(self, device: AnyDevice) -> tuple[Publish, ...]:
        """Take one step out of turn, so that a command leaves at once; returns what is to be sent."""
        outcome = device.core.update(time.monotonic(), dt_util.utcnow())
        self._settle(device, outcome)
        return outcome.publishes

    @callback
    def _settle(self, device: AnyDevice, outcome: Outcome) -> None:
        for event in outcome.events:
            self._complain(f"{device.key} {event.kind}", "%s: %s %s", device.name, event.kind, dict(event.data))
        if isinstance(device, BatteryDevice):
            self.recordings.note(device, outcome.events)
        if device.settle(outcome.events):
            self._book.note(device)
        self._announcer.tell(device, outcome)
        for answer in outcome.answers:
            self._answers.hear(device, answer)

    async def async_send(self, messages: tuple[Publish, ...]) -> None:
        """Send in order; while the broker is away nothing is, since a queued command would act long after its time.

        All leave now and are waited for together: one that waited for the answer to another would leave after a later
        command, and undo it.
        """
        if not self.connected:
            self.counters["not_sent"] += len(messages)
            return
        sending = [self.transport.async_publish(message) for message in messages]
        for result in await asyncio.gather(*sending, return_exceptions=True):
            if isinstance(result, BaseException):
                raise result

    async def _async_send_quietly(self, messages: tuple[Publish, ...]) -> None:
        try:
            await self.async_send(messages)
        except HomeAssistantError as error:
            self.counters["not_sent"] += 1
            self._complain("not_sent", "Not sent (%s so far): %s", self.counters["not_sent"], error)


def _introduces(message: Message, retained: bool) -> bool:
    """True for a message that only a real device sends: what it says of itself, or a live reading."""
    if isinstance(message, BatteryRegister | BathRegister):
        return True
    live = isinstance(message, BathTelemetry) or (isinstance(message, BatterySample) and not message.late)
    return live and not retained
