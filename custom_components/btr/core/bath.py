"""A bath as the program knows it: telemetry becomes a state, wishes become commands.

The state is what the device says, never what was asked of it. Every wish is checked before anything is sent, every
message leaves through one paced queue, and whatever is in doubt ends with the heater off.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

from . import bath_config
from .alarm_keeper import AlarmKeeper
from .bath_alarm import BathAlarm
from .bath_answers import CommandIds, event_of
from .bath_desk import BathDesk
from .bath_emergency import EmergencyStop
from .bath_exchange import ConfigExchange
from .bath_gate import BathGate
from .bath_known import BathKnowledge
from .bath_order import MessageOrder, Verdict
from .bath_readings import BathReadings
from .bath_settings import BathSettings
from .bath_view import control_of, is_manual, next_aeration
from .bath_watch import HeaterMeter
from .errors import CommandRefusedError
from .messages import Ack, Availability, BathRegister, BathTelemetry, DeviceKey, Message, Output, Receipt
from .outcome import Answer, Event, EventKind, Outcome, Scalar
from .state import BathState, LastSeen
from .topics import TopicConfig

__all__ = ["BathController", "BathSettings"]

_MODES = {True: "setpoint", False: "n_curve", None: None}


class BathController:
    """One bath. Feed it with `handle`, step it with `update`, read `state`.

    Commands raise `CommandRefusedError` before anything is sent; their messages come out of the next `update`.
    """

    def __init__(self, device: DeviceKey, settings: BathSettings, topics: TopicConfig) -> None:
        """Start offline, with nothing known and nothing wanted."""
        self._device = device
        self._settings = settings
        self._order = MessageOrder()
        self._known = BathKnowledge()
        self._readings = BathReadings(settings)
        self._emergency = EmergencyStop(settings, self._tell)
        self._gate = BathGate(self._known, self._readings, self._emergency)
        self._exchange = ConfigExchange(settings, self._tell)
        self._desk = BathDesk(device, settings, topics, self._tell)
        self._online = False
        self._heard_s: float | None = None
        self._alarm = BathAlarm(settings)
        self._malformed = 0
        self._ids = CommandIds()
        self._now_s = float("-inf")
        self._at: datetime | None = None
        self._events: list[Event] = []
        self._answers: list[Answer] = []
        self._state = BathState(device)
        self._is_stale = True
        self._handlers: Mapping[type[Message], Callable[[Any, Receipt], None]] = {
            BathTelemetry: self._on_telemetry,
            BathRegister: self._on_register,
            Availability: self._on_availability,
            Ack: self._on_ack,
        }

    @property
    def state(self) -> BathState:
        """The present state; the same object for as long as nothing in it changes."""
        if self._is_stale:
            self._is_stale = False
            state = self._build_state()
            if state != self._state:
                self._state = state
        return self._state

    @property
    def alarms(self) -> AlarmKeeper:
        """The alarm of its faults and the drill; what is done with them counts at the next `update`."""
        return self._alarm.keeper

    @property
    def heater(self) -> HeaterMeter:
        """What its heater has done so far; a change of its power counts from the next message on."""
        return self._readings.meter

    @property
    def acknowledges(self) -> bool:
        """Whether the device answers every command."""
        return self._known.has("ack")

    @property
    def last_seen(self) -> LastSeen:
        """What must outlive a restart of the program."""
        return LastSeen(heater_on=self._readings.heater_was_on, stopped=self._emergency.was_stopped)

    def restore(self, seen: LastSeen, now_s: float) -> None:
        """Take up what was seen before the program started: a bath that heated is to be heard within its usual time.

        A stop that its first message shows no longer may have been lost with the power, and is engaged again.
        """
        self._readings.heater_was_on = seen.heater_on
        self._emergency.was_stopped = seen.stopped
        self._heard_s = now_s

    def note_malformed(self) -> None:
        """Count a message that could not be read."""
        self._malformed += 1
        self._is_stale = True

    def handle(self, message: Message, receipt: Receipt) -> None:
        """Take a message of this device; others are ignored.

        Retained telemetry is history and changes nothing. A retained register or availability is used, but neither is a
        sign of life.
        """
        handler = self._handlers.get(type(message))
        if handler is None or message.device != self._device:
            return
        self._step_to(receipt.now_s, receipt.at)
        handler(message, receipt)

    def update(self, now_s: float, at: datetime) -> Outcome:
        """Step to a time: returns the messages to send now, in order, and what has happened since the last step."""
        self._step_to(now_s, at)
        self._check_silence(now_s)
        self._check_answers(now_s)
        for notice in self._alarm.update(now_s, at, online=self._online):
            self._announce(notice.kind, **notice.data)
        publishes = [self._desk.stop_now(now_s, self._emergency.command_id)] if self._emergency.is_due(now_s) else []
        self._queue_leases(now_s)
        self._queue_config(now_s)
        publishes += self._desk.take(now_s)
        events, self._events = tuple(self._events), []
        answers, self._answers = tuple(self._answers), []
        return Outcome(tuple(publishes), events, answers)

    # Commands

    def set_output(self, output: Output, on: bool, now_s: float, hold_s: float | None = None) -> None:
        """Switch an output by hand; on is held by leases for ``hold_s``, or until it is switched off or given back.

        Raises:
            CommandRefusedError: for on as `BathGate.check_on`, for heating also ``heater_needs_pause``; for a time off
                ``cannot_hold_off``. Switching off ends our wish in any case, and is sent even to a bath that is not
                heard, which ``sent_unseen`` tells.
        """
        self._step_to(now_s)
        control = self._desk.controls[output]
        if on:
            self._gate.check_on(output, online=self._online)
            if control.needs_pause(now_s, hold_s):
                raise CommandRefusedError("heater_needs_pause", hours=f"{self._settings.max_manual_heater_s / 3600:g}")
            control.want_on(now_s, hold_s)
            return
        control.let_go()
        can_hold = self._known.has("hold_off")
        if hold_s is not None and not can_hold:
            raise CommandRefusedError("cannot_hold_off")
        self._queue(output, "hold_off" if can_hold else "off", now_s, hold_s)
        if not self._online:
            raise CommandRefusedError("sent_unseen")

    def resume_automatic(self, output: Output, now_s: float) -> None:
        """Give an output back to the device's control.

        Aeration without its timer is switched off, because automatic control would leave it as it is.

        Raises:
            CommandRefusedError: as `BathGate.check_free`; our wish ends even then.
        """
        self._step_to(now_s)
        self._desk.controls[output].let_go()
        self._gate.check_free(online=self._online)
        self._queue(output, self._known.automatic_action(output), now_s)

    def resume_all(self, outputs: Sequence[Output], now_s: float) -> None:
        """Give several outputs back; our wish for each of them ends even if that is refused, see `resume_automatic`."""
        for output in outputs:
            self._desk.controls[output].let_go()
        for output in outputs:
            self.resume_automatic(output, now_s)

    def set_emergency(self, on: bool, now_s: float) -> None:
        """Engage or release the emergency stop. Engaging is never refused, not even offline.

        Engaging drops every wish and every change of settings that was not sent. Releasing sends off, then automatic,
        to every output.
        """
        self._step_to(now_s)
        self._desk.drop_all()
        if on:
            self._exchange.discard(self._known.config, "emergency_engaged")
            self._emergency.engage(now_s, self._new_id())
        else:
            command_id = self._new_id()
            self._emergency.release(now_s, self._freshness_s, command_id)
            self._desk.queue_release({output: self._known.automatic_action(output) for output in Output}, command_id)
        if self._online:
            self._emergency.expect_answer(now_s + self._answer_s)

    def change_config(self, partial: Mapping[str, Any], now_s: float) -> Mapping[str, bath_config.SettingValue]:
        """Change settings: collected for a second, sent once, then compared with the next register.

        Returns the settings as answers will name them.

        Raises:
            CommandRefusedError: from `bath_config.read_changes`, `check_capabilities` and `check_rules`, and from
                `BathGate.check_free`: the restart after a change would release the stop of an original.
        """
        self._step_to(now_s)
        changes = bath_config.read_changes(partial)
        bath_config.check_capabilities(changes, self._known.has)
        known = {**dict(bath_config.flatten(self._known.config)), **self._exchange.wanted, **changes}
        bath_config.check_rules(known, changes)
        self._gate.check_free(online=self._online)
        self._exchange.add(changes, now_s)
        return changes

    # Messages

    def _on_telemetry(self, message: BathTelemetry, receipt: Receipt) -> None:
        if receipt.retained:
            return
        verdict = self._order.judge(message, receipt, self._known.interval_s)
        if verdict in (Verdict.LATE, Verdict.DUPLICATE):
            return
        now_s = receipt.now_s
        self._hear(now_s)
        is_restarted = verdict is Verdict.RESTARTED
        if is_restarted:
            self._forget_locks(now_s)
        if (kind := self._emergency.take(message, now_s, is_restarted=is_restarted)) is not None:
            self._announce(kind)
        self._readings.take(message, receipt, self._freshness_s)
        self._alarm.take(self._readings, self._known.number)
        for output, control in self._desk.controls.items():
            control.hear(self._readings.outputs.get(output))

    def _on_register(self, message: BathRegister, receipt: Receipt) -> None:
        """An original registers at boot only; ours at every connect, and tells a boot by its uptime."""
        is_live, now_s = not receipt.retained, receipt.now_s
        self._known.take(message, is_live=is_live)
        is_boot = is_live and message.is_original
        is_answer = is_boot or (is_live and self._exchange.is_accepted)
        is_expected = self._exchange.hear(self._known.config, is_answer=is_answer)
        if is_live and self._online:
            self._hear(now_s)
        if is_boot:
            self._order.forget()
            self._emergency.hear_boot(now_s)
            self._forget_locks(now_s, is_expected=is_expected)

    def _on_availability(self, message: Availability, receipt: Receipt) -> None:
        if not message.online:
            self._lose("last_will")
        elif not receipt.retained and self._online:
            self._hear(receipt.now_s)

    def _on_ack(self, message: Ack, receipt: Receipt) -> None:
        if receipt.retained:
            return
        self._exchange.hear_ack(message, self._known.config, receipt.now_s)
        self._emergency.hear_ack(message)
        effect_s = receipt.now_s + self._known.guard_s + self._settings.ack_s
        for control in self._desk.controls.values():
            control.hear_ack(message, effect_s)

    def _forget_locks(self, now_s: float, *, is_expected: bool = False) -> None:
        """After a restart locks are gone; wishes outlive only the restart that we caused ourselves."""
        self._readings.forget()
        self._desk.let_go(keep_wishes=is_expected, now_s=now_s)

    def _hear(self, now_s: float) -> None:
        self._heard_s = now_s
        if not self._online:
            self._online = True
            self._emergency.expect_answer(now_s + self._answer_s)
            self._alarm.is_silent_heater = False
            self._announce(EventKind.CAME_ONLINE)

    def _lose(self, reason: str) -> None:
        if self._heard_s is None:
            return
        self._heard_s = None
        if self._online:
            self._online = False
            self._announce(EventKind.WENT_OFFLINE, reason=reason)
        self._emergency.hear_loss(self._now_s)
        self._readings.forget()
        if not self._is_restarting:
            self._desk.let_go()

    # Steps

    def _step_to(self, now_s: float, at: datetime | None = None) -> None:
        self._now_s = max(self._now_s, now_s)
        self._at = at or self._at
        self._is_stale = True

    def _check_silence(self, now_s: float) -> None:
        if self._is_restarting:
            return
        if self._heard_s is not None and now_s - self._heard_s > self._freshness_s:
            self._lose("silence")
        if self._heard_s is None and self._readings.heater_was_on:
            self._alarm.is_silent_heater = True

    @property
    def _is_restarting(self) -> bool:
        """Whether it restarts because we changed its settings, so that it may be silent."""
        return not self._known.has("soft_config") and self._exchange.covers(self._now_s)

    def _check_answers(self, now_s: float) -> None:
        self._exchange.check_deadline(now_s, self._known.config)
        self._emergency.check_deadline(now_s)
        for control in self._desk.controls.values():
            control.check_deadline(now_s)

    def _queue_leases(self, now_s: float) -> None:
        for output, control in self._desk.controls.items():
            if not control.is_renewal_due(now_s):
                continue
            try:
                self._gate.check_on(output, online=self._online)
            except CommandRefusedError as err:
                control.refuse(err.reason)
                continue
            self._queue(output, "on", now_s, control.lease_s(now_s))
            control.lease_sent(now_s)

    def _queue_config(self, now_s: float) -> None:
        if self._exchange.is_due(now_s) and self._desk.is_free(now_s):
            command_id = self._new_id()
            answer_s = self._settings.config_answer_s if command_id is None else self._settings.ack_s
            changes = self._exchange.take(now_s, answer_s, command_id)
            self._desk.queue_config(bath_config.nest(changes), command_id)

    def _queue(self, output: Output, action: str, now_s: float, hold_s: float | None = None) -> None:
        command_id = self._new_id()
        is_seen = command_id is not None or hold_s is None or hold_s > self._known.interval_s + self._settings.seen_s
        deadline_s = now_s + self._answer_s if is_seen else None
        self._desk.queue(output, action, deadline_s, command_id, hold_s)

    def _new_id(self) -> str | None:
        """Return an id that no other command of this program has, None for a device that does not acknowledge."""
        return self._ids.make(self._at) if self.acknowledges and self._at is not None else None

    @property
    def _freshness_s(self) -> float:
        return self._settings.freshness_periods * self._known.interval_s

    @property
    def _answer_s(self) -> float:
        """How long a command may take: one that is not acknowledged is seen in telemetry or not at all."""
        return self._settings.ack_s if self.acknowledges else self._freshness_s

    # Results

    def _announce(self, kind: EventKind, **data: Scalar) -> None:
        self._events.append(Event(kind, self._device, MappingProxyType(data)))

    def _tell(self, answer: Answer) -> None:
        self._answers.append(answer)
        if (told := event_of(answer)) is not None:
            self._announce(told[0], **told[1])

    def _build_state(self) -> BathState:
        known, readings, now_s = self._known, self._readings, self._now_s
        hands = self._desk.controls.items()
        return BathState(
            self._device,
            online=self._online,
            alarm=self._alarm.state(online=self._online),
            emergency=self._emergency.seen,
            emergency_wanted=self._emergency.wanted,
            manual=MappingProxyType({output: is_manual(output, readings, hand, now_s) for output, hand in hands}),
            control=MappingProxyType({output: control_of(output, readings, hand, now_s) for output, hand in hands}),
            silent_heater=self._alarm.is_silent_heater,
            next_aeration_at=None if self._emergency.seen else next_aeration(known, readings, self._at),
            malformed_messages=self._malformed,
            **known.fields(),
            **self._exchange.fields(),
            **readings.fields(_MODES[known.setpoint_mode]),
        )
