"""A bath on a time line: what it says, what is asked of it, and what leaves for it."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from btr_core import codec
from btr_core.bath import BathController, BathSettings
from btr_core.bath_config import DEFAULTS, nest
from btr_core.codec.bath import DEVICE_ZONE
from btr_core.errors import CommandRefusedError
from btr_core.messages import DeviceKey, DeviceKind, Output, Publish, Receipt
from btr_core.outcome import Answer, Event
from btr_core.state import BathState
from btr_core.topics import TopicConfig

KEY = DeviceKey(DeviceKind.BATH, "CP500")
BASE = "compostlab/v2/CP500"
START = datetime(2026, 4, 2, 2, 0, tzinfo=UTC)
OURS = ("ack", "soft_config", "hold_off")
RELEASE = [
    ("emergency", "off"),
    ("heater", "off"),
    ("pump", "off"),
    ("aeration", "off"),
    ("heater", "auto"),
    ("pump", "auto"),
    ("aeration", "auto"),
]


class BathStory:
    """Drives one controller through real payloads; time moves in steps of half a second, as in the hub."""

    def __init__(self, *, running: bool = True) -> None:
        self.topics = TopicConfig()
        self.bath = BathController(KEY, BathSettings(), self.topics)
        self.now_s = 1000.0
        self.sent: list[tuple[float, Publish]] = []
        self.events: list[Event] = []
        self.answers: list[Answer] = []
        if running:
            self.says()

    @property
    def at(self) -> datetime:
        return START + timedelta(seconds=self.now_s - 1000.0)

    @property
    def state(self) -> BathState:
        return self.bath.state

    def hears(self, leaf: str, payload: str | Mapping[str, Any], *, retained: bool = False) -> None:
        text = payload if isinstance(payload, str) else json.dumps(payload)
        message = codec.decode(self.topics, f"{BASE}/{leaf}", text)
        assert message is not None
        self.bath.handle(message, Receipt(self.now_s, self.at, retained))

    def says(
        self,
        *,
        outlets: Mapping[int, Any] | None = None,
        age_s: float = 0.0,
        ts: str | None = None,
        retained: bool = False,
        extra: Mapping[str, Any] | None = None,
        **channels: Any,
    ) -> None:
        """Telemetry of a bath at rest, with the named channels changed; None leaves a channel out."""
        values = {"TempIn": 50.0, "TankTemp": 60.0, "Heater": 0, "Pump": 0, "Aeration": 0, "EmergencyState": 0}
        values |= {f"TempOut{n}": value for n, value in (outlets or {1: 55.0}).items()} | channels
        body = {
            "schema_version": 2,
            "ts": ts or (self.at - timedelta(seconds=age_s)).astimezone(DEVICE_ZONE).strftime("%Y-%m-%d %H:%M:%S"),
            "channels": [{"code": code, "value": v, "quality": "ok"} for code, v in values.items() if v is not None],
        }
        self.hears("telemetry", body | dict(extra or {}), retained=retained)
        self.step()

    def registers(
        self, config: Mapping[str, Any] | None = None, *, retained: bool = False, capabilities: tuple[str, ...] = ()
    ) -> None:
        """A register with the original's settings, changed by dotted keys."""
        settings = json.loads(json.dumps(nest({**DEFAULTS, **(config or {})}), default=dict))
        body = {"schema_version": 2, "ip_address": "192.0.2.17", "config": settings}
        self.hears("register", body | ({"capabilities": list(capabilities)} if capabilities else {}), retained=retained)
        self.step()

    def step(self) -> None:
        outcome = self.bath.update(self.now_s, self.at)
        self.sent += [(self.now_s, publish) for publish in outcome.publishes]
        self.events += outcome.events
        self.answers += outcome.answers

    def passes(self, seconds: float, **telemetry: Any) -> None:
        """Let time pass; with keywords the bath says so every minute."""
        end_s = self.now_s + seconds
        next_s = self.now_s + 60
        while self.now_s < end_s:
            self.now_s += 0.5
            if telemetry and self.now_s >= next_s:
                next_s += 60
                self.says(**telemetry)
            else:
                self.step()

    def aims_at(self, target_c: float) -> None:
        """Somebody asks for another target."""
        self.bath.change_config({"bath_setpoint": {"target": target_c}}, self.now_s)

    @property
    def commands(self) -> list[tuple[str, str]]:
        """Everything that was sent so far, as (command, action); a change of settings as its settings."""
        return [_described(publish) for _, publish in self.sent]

    def take_commands(self) -> list[tuple[str, str]]:
        """What was sent since the last call."""
        taken = self.commands
        self.sent.clear()
        return taken

    def take_answers(self) -> list[tuple[str, str, str]]:
        """How commands ended since the last call, as (command, action, result); a change of settings as its keys."""
        taken = [(a.command, a.action or ", ".join(a.settings), a.result.value) for a in self.answers]
        self.answers.clear()
        return taken

    def acks(self, result: str, reason: str | None = None) -> None:
        """The bath answers the command that was sent last."""
        self.hears("ack", {"id": command_of(self.sent[-1][1])["id"], "result": result, "reason": reason})
        self.step()

    def durations(self) -> list[tuple[float, int]]:
        """When each command that holds an output was sent, in s from the start, and for how many ms."""
        told = [(at_s - 1000, command_of(publish).get("duration")) for at_s, publish in self.sent]
        return [(at_s, duration_ms) for at_s, duration_ms in told if duration_ms is not None]

    @staticmethod
    def refusal(call: Callable[[], None]) -> str:
        """Why a command is refused before anything is sent."""
        with pytest.raises(CommandRefusedError) as caught:
            call()
        return caught.value.reason

    def take_events(self) -> list[str]:
        taken = [event.kind for event in self.events]
        self.events.clear()
        return taken


class OurBathStory(BathStory):
    """A bath with our firmware: it counts, acknowledges, and registers at every connect."""

    def __init__(self) -> None:
        self.booted_s, self.seq, self.is_answering = 0.0, 0, True
        super().__init__(running=False)
        self.connects()
        self.says()

    def says(self, *, extra: Mapping[str, Any] | None = None, **told: Any) -> None:
        self.seq += 1
        own = {"seq": self.seq, "uptime_s": int(self.now_s - self.booted_s), "faults": []}
        super().says(extra=own | dict(extra or {}), **told)

    def connects(self, config: Mapping[str, Any] | None = None) -> None:
        """What it says at every connect; to who listens already it comes like any message."""
        self.hears("availability", "online")
        self.registers(config, capabilities=OURS)

    def boots(self) -> None:
        self.booted_s, self.seq = self.now_s, 0

    def step(self) -> None:
        """It answers at once, unless it is told not to."""
        before = len(self.sent)
        super().step()
        for _, publish in self.sent[before:] if self.is_answering else ():
            if (command_id := command_of(publish).get("id")) is not None:
                self.hears("ack", {"id": command_id, "result": "applied"})


def heat(story: BathStory) -> None:
    story.bath.set_output(Output.HEATER, True, story.now_s)


def refusal(call: Callable[[], None]) -> str:
    with pytest.raises(CommandRefusedError) as caught:
        call()
    return caught.value.reason


def command_of(publish: Publish) -> dict[str, Any]:
    (command,) = json.loads(publish.payload)["commands"]
    return command


def _described(publish: Publish) -> tuple[str, str]:
    command = command_of(publish)
    if command["command"] == "config_update":
        return "config", json.dumps(command["config"], separators=(",", ":"))
    return command["command"], command["action"]
