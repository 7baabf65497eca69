"""Any sequence of messages, wishes and silences: what must hold after every step."""

import contextlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from btr_core import codec
from btr_core.bath import BathController, BathSettings
from btr_core.codec import MAX_LEASE_MS
from btr_core.errors import CodecError, CommandRefusedError
from btr_core.messages import Output, Publish, Receipt
from btr_core.state import LastSeen
from btr_core.topics import TopicConfig
from tests.core.bath_story import BASE, KEY

START = datetime(2026, 4, 2, tzinfo=UTC)
VALUES = st.sampled_from([0, 1, 20.0, 60.0, 64.9, 65.0, 85.0, 90.0, -127, None, "nan", "ERR"])
CODES = ["TempIn", "TempOut1", "TempOut2", "TankTemp", "Heater", "Pump", "Aeration", "EmergencyState"]
CHANNELS = st.dictionaries(st.sampled_from(CODES), VALUES)
CONFIGS = st.sampled_from(
    [
        {"bath_setpoint": {"target": 60.0}},
        {"bath_setpoint": {"enabled": False}},
        {"post_interval": 5000},
        {"aeration_timer": {"enabled": False}},
        {"temp_limitout_max": 50},
        {"wifi": {"ssid": "x"}},
        {"temp_maxdif": 12.5},
    ]
)
CAPABILITIES = st.sampled_from([[], ["ack"], ["ack", "soft_config", "hold_off"]])


class AnyBath(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.topics = TopicConfig()
        self.bath = BathController(KEY, BathSettings(), self.topics)
        self.now_s = 0.0
        self.seq = 0
        self.booted_s = 0.0
        self.emergency_unseen_s: float | None = None
        self.last_stop_s = float("-inf")
        self.sent_s: list[float] = []

    def hear(self, leaf: str, body: Any, retained: bool = False, at: datetime | None = None) -> None:
        with contextlib.suppress(CodecError):
            message = codec.decode(self.topics, f"{BASE}/{leaf}", json.dumps(body) if leaf != "availability" else body)
            if message is not None:
                self.bath.handle(message, Receipt(self.now_s, at or self.at, retained))

    @property
    def at(self) -> datetime:
        return START + timedelta(seconds=self.now_s)

    @rule(
        values=CHANNELS,
        age_s=st.sampled_from([0, 0, 0, 1, 40, 600, -7200, None]),
        retained=st.booleans(),
        ours=st.sampled_from(["", "", "live", "late", "booted"]),
    )
    def says(self, values: dict[str, Any], age_s: float | None, retained: bool, ours: str) -> None:
        self.seq += 1
        if ours == "booted":
            self.seq, self.booted_s = 0, self.now_s
        ts = "1970-01-01 08:00:09" if age_s is None else (self.at - timedelta(seconds=age_s)).isoformat()
        body: dict[str, Any] = {
            "ts": ts,
            "channels": [{"code": code, "value": value, "quality": "ok"} for code, value in values.items()],
        }
        if ours:
            body |= {"seq": self.seq, "uptime_s": int(self.now_s - self.booted_s), "late": ours == "late"}
            body |= {"faults": ["no_gain"], "locks": {"pump": 5}}
        self.hear("telemetry", body, retained)
        self.emergency_unseen_s = None

    @rule(config=CONFIGS, capabilities=CAPABILITIES, retained=st.booleans())
    def registers(self, config: dict[str, Any], capabilities: list[str], retained: bool) -> None:
        self.hear("register", {"config": config, "capabilities": capabilities, "ip_address": "0.0.0.0"}, retained)

    @rule(heater_on=st.booleans(), stopped=st.booleans())
    def remembers(self, heater_on: bool, stopped: bool) -> None:
        self.bath.restore(LastSeen(heater_on, stopped), self.now_s)

    @rule(word=st.sampled_from(["online", "offline"]), retained=st.booleans())
    def lives(self, word: str, retained: bool) -> None:
        self.hear("availability", word, retained)

    @rule(output=st.sampled_from(Output), on=st.booleans())
    def switches(self, output: Output, on: bool) -> None:
        with contextlib.suppress(CommandRefusedError):
            self.bath.set_output(output, on, self.now_s)

    @rule(output=st.sampled_from(Output))
    def resumes(self, output: Output) -> None:
        with contextlib.suppress(CommandRefusedError):
            self.bath.resume_automatic(output, self.now_s)

    @rule(on=st.booleans())
    def stops(self, on: bool) -> None:
        self.bath.set_emergency(on, self.now_s)
        assert self.bath.state.emergency_wanted is on
        self.emergency_unseen_s = self.now_s if on else None

    @rule(config=CONFIGS)
    def changes(self, config: dict[str, Any]) -> None:
        with contextlib.suppress(CommandRefusedError):
            self.bath.change_config(config, self.now_s)

    @rule(seconds=st.sampled_from([0.5, 1, 5, 30, 155, 320]))
    def passes(self, seconds: float) -> None:
        end_s = self.now_s + seconds
        while self.now_s < end_s:
            self.now_s += 0.5
            self.step()

    @rule()
    def step(self) -> None:
        wanted = self.bath.state.emergency_wanted
        online = self.bath.state.online
        for publish in self.bath.update(self.now_s, self.at).publishes:
            self.check(publish, wanted=wanted, online=online)
        state = self.bath.state
        if state.emergency_wanted and self.emergency_unseen_s is not None:
            assert self.now_s - max(self.emergency_unseen_s, self.last_stop_s) <= 5.5

    def check(self, publish: Publish, *, wanted: bool, online: bool) -> None:
        assert publish.qos == 1
        assert publish.expiry_s
        assert publish.topic == f"{BASE}/response"
        (command,) = json.loads(publish.payload)["commands"]
        assert command["command"] in {*(output.value for output in Output), "emergency", "config_update"}
        if command["command"] == "emergency":
            self.last_stop_s = self.now_s if command["action"] == "on" else self.last_stop_s
            assert (command["action"] == "on") is wanted
        elif command["command"] == "config_update":
            assert not wanted
            assert not {"wifi", "mqtt"} & set(command["config"])
        elif command["action"] == "on":
            assert not wanted
            assert online
            assert type(command["duration"]) is int
            assert 0 < command["duration"] <= MAX_LEASE_MS
        if command.get("action") != "on" or command["command"] != "emergency":
            recent = [sent_s for sent_s in self.sent_s if self.now_s - sent_s < 1.0]
            assert len(recent) < 4
            self.sent_s = [*recent, self.now_s]

    @invariant()
    def unknown_is_never_zero(self) -> None:
        state = self.bath.state
        assert (state.tank_minus_bath_k is None) == (state.tank_c is None or state.bath_c is None)
        assert state.duty_cycle is None or 0 <= state.duty_cycle <= 1 + 1e-9
        assert state.tank_c is None or -10 < state.tank_c < 120
        assert state.bath_c is None or -20 < state.bath_c < 100
        assert not (state.silent_heater and state.online)
        assert state is self.bath.state

    @invariant()
    def a_heater_is_switched_on_only_with_a_sound_tank(self) -> None:
        state = self.bath.state
        if state.tank_c is None or not state.online or state.emergency is not False or state.emergency_wanted:
            try:
                self.bath.set_output(Output.HEATER, True, self.now_s)
            except CommandRefusedError:
                return
            raise AssertionError("heating was not refused")


AnyBath.TestCase.settings = settings(max_examples=40, stateful_step_count=30)
TestAnyBath = AnyBath.TestCase
