"""Sees what a visitor would see: the node's messages on the broker, and the states in Home Assistant."""

import asyncio
import contextlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

from .battery_logic import Grade, local_grade
from .device import Link
from .entities import DeviceEntities
from .ha_client import HomeAssistantClient, State

Tell = Callable[[str], None]


@dataclass(slots=True)
class Seen:
    """What happened so far; times are seconds of the recording, None until it happened.

    ``own_danger_s`` is when the node came to DANGER by itself, ``corrected_s`` when it showed an ordered DANGER that it
    had not come to. ``engine`` is what ran the model when the alarm came, ``risk_percent`` the risk shown then.
    """

    speed: float = 1.0
    alarm_s: float | None = None
    alarm_cause: str | None = None
    engine: str | None = None
    risk_percent: float | None = None
    own_danger_s: float | None = None
    ordered_s: float | None = None
    corrected_s: float | None = None
    bath_asked_c: float | None = None
    bath_reported_c: float | None = None
    bath_rose_k: float | None = None

    @property
    def bath_followed(self) -> bool:
        """Whether the device took over the target, and the water began to follow."""
        return self.bath_reported_c == self.bath_asked_c is not None and (self.bath_rose_k or 0.0) >= BATH_RISE_K

    @property
    def node_warned(self) -> bool:
        """Whether whoever stands at the node was warned, too: by the node's own DANGER, or by a prompt correction."""
        shown_s = [moment for moment in (self.own_danger_s, self.corrected_s) if moment is not None]
        return self.alarm_s is not None and bool(shown_s) and min(shown_s) <= self.alarm_s + PROMPT_S * self.speed

    @property
    def everything(self) -> bool:
        """Whether alarm, warning at the node and bath command were all seen."""
        return self.node_warned and self.bath_followed

    def as_dict(self) -> dict[str, object]:
        """All of it, for the summary."""
        return {**asdict(self), "bath_followed": self.bath_followed}


PROMPT_S = 5.0
"""Real seconds within which a correction must have arrived, on a busy machine."""
SETTLE_S = 0.1
BATH_RISE_K = 0.5
"""Eight steps of the probes: more than noise."""


class NodeWatch:
    """Listens to the node past Home Assistant. Create it inside the event loop, before the node speaks."""

    def __init__(
        self, seen: Seen, broker: tuple[str, int], base: str, bath_base: str, start_s: float, tell: Tell
    ) -> None:
        """``base`` is the node's topic prefix with its slash, or nothing for the original node."""
        self._seen = seen
        self._start_s = start_s
        self._tell = tell
        self._topics = (f"{base}sensor", f"{base}statue", f"{bath_base}/register")
        self._loop = asyncio.get_running_loop()
        self._shown: str | None = None
        self.recorded_s = start_s
        self._link = Link(
            "btr-demo-watch",
            broker,
            [(topic, 0) for topic in self._topics],
            self._heard,
            lambda: None,
            tell=lambda *_, **__: None,
        )

    def start(self) -> None:
        """Listen."""
        self._link.start()

    def stop(self) -> None:
        """Stop listening."""
        self._link.drop()

    def _heard(self, topic: str, text: str) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._take, topic, text)

    def _take(self, topic: str, text: str) -> None:
        sensor, statue, register = self._topics
        if topic == sensor:
            self._sample(json.loads(text))
        elif topic == statue:
            self._order(text)
        elif topic == register:
            self._seen.bath_reported_c = json.loads(text)["config"]["bath_setpoint"]["target"]

    def _sample(self, fields: dict[str, object]) -> None:
        milliseconds = fields["timestamp_ms"]
        if isinstance(milliseconds, int):
            self.recorded_s = self._start_s + milliseconds / 1000
        local, shown = _own_grade(fields), fields["status"]
        if shown != self._shown:
            own = "" if shown == local.name else f" (by itself it would show {local.name})"
            self._say(f"the node shows {shown}{own}")
            self._shown = str(shown)
        if shown == Grade.DANGER.name and local < Grade.DANGER and self._seen.corrected_s is None:
            self._seen.corrected_s = self.recorded_s
        if shown == local.name == Grade.DANGER.name and self._seen.own_danger_s is None:
            self._seen.own_danger_s = self.recorded_s

    def _order(self, text: str) -> None:
        if self._seen.ordered_s is None and "danger" in text:
            self._seen.ordered_s = self.recorded_s
            self._say("BTR corrects the node: danger")

    def _say(self, what: str) -> None:
        self._tell(f"{self.recorded_s:7.1f} s  {what}")


def _own_grade(fields: Mapping[str, object]) -> Grade:
    """What the node would show by itself: what it says of that, or for an original what its grading would give."""
    word = fields.get("local_status")
    return Grade[word] if isinstance(word, str) else local_grade(fields)


class HomeWatch:
    """Follows the alarm in Home Assistant."""

    def __init__(
        self, seen: Seen, client: HomeAssistantClient, battery: DeviceEntities, node: NodeWatch, tell: Tell
    ) -> None:
        """Start following; states that are there already count."""
        self._seen = seen
        self._client = client
        self._node = node
        self._tell = tell
        self._alarm = battery.require("binary_sensor", "thermal_runaway")
        self._cause = battery.require("sensor", "cause")
        self._level = battery.require("sensor", "level")
        self._engine = battery.require("sensor", "engine")
        self._risk = battery.require("sensor", "risk")
        client.add_listener(self._on_state)
        for entity_id in (self._alarm, self._cause, self._level):
            if entity_id in client.states:
                self._on_state(client.states[entity_id])

    def _on_state(self, state: State) -> None:
        entity_id, value = state["entity_id"], state["state"]
        if entity_id == self._alarm and value == "on" and self._seen.alarm_s is None:
            self._seen.alarm_s = self._node.recorded_s
            self._say("ALARM: thermal runaway")
            # the rest is written right after the alarm
            asyncio.get_running_loop().call_later(SETTLE_S, self._note_reason)
        if entity_id == self._cause and value not in ("none", "unknown", "unavailable"):
            self._say(f"cause: {value}")

    def _note_reason(self) -> None:
        states = self._client.states
        self._seen.alarm_cause = states[self._cause]["state"]
        self._seen.engine = states[self._engine]["state"]
        with contextlib.suppress(ValueError):
            self._seen.risk_percent = float(states[self._risk]["state"])

    def _say(self, what: str) -> None:
        self._tell(f"{self._node.recorded_s:7.1f} s  {what}")


async def command_bath(
    client: HomeAssistantClient, bath: DeviceEntities, seen: Seen, rise_k: float, tell: Tell
) -> None:
    """Ask for a warmer bath through the climate entity, and return when the water has begun to follow."""
    climate = bath.require("climate", "bath")

    def attribute(name: str) -> float | None:
        value = client.states.get(climate, {}).get("attributes", {}).get(name)
        return None if value is None else float(value)

    await client.wait_for(lambda: None not in (attribute("current_temperature"), attribute("temperature")))
    began_c = attribute("current_temperature") or 0.0
    seen.bath_asked_c = float(round(began_c + rise_k))
    tell(f"bath: {began_c:g} °C; asking for {seen.bath_asked_c:g} °C")
    await client.call_service("climate", "set_temperature", entity_id=climate, temperature=seen.bath_asked_c)

    def has_followed() -> bool:
        now_c = attribute("current_temperature")
        if now_c is not None and seen.bath_reported_c == seen.bath_asked_c:
            seen.bath_rose_k = round(now_c - began_c, 2)
        return seen.bath_followed

    await client.wait_for(has_followed)
    tell(f"bath: the device confirmed {seen.bath_reported_c:g} °C and has warmed by {seen.bath_rose_k:g} K")
