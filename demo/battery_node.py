"""A battery node that replays a recording: ``python -m demo.battery_node --broker HOST:PORT --recording FILE``.

At ``--speed 5`` the recorded time runs five times faster, and so do the device's clock and its messages. After the
end of the recording the last temperature stays.
"""

import argparse
import json
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from .battery_logic import BatteryNode, Sensors
from .device import Link, Will, broker_address, report, stop_on_signals
from .errors import RecordingError
from .recording import SAMPLE_INTERVAL_S, Recording, load_recording

FIRMWARE = "demo-1"


@dataclass(frozen=True, slots=True)
class Topics:
    """Where a node of one family speaks and listens; None where the family knows no such topic."""

    sensor: str
    statue: str
    register: str | None = None
    availability: str | None = None
    ack: str | None = None

    @classmethod
    def of(cls, family: str, device_id: str) -> Self:
        """The original's two global topics, or ours below ``btr/<id>``."""
        if family == "original":
            return cls("sensor", "statue")
        base = f"btr/{device_id}"
        return cls(f"{base}/sensor", f"{base}/statue", f"{base}/register", f"{base}/availability", f"{base}/ack")


class BatteryProgram:
    """Wires the node's logic to its connection and to the clock."""

    def __init__(self, topics: Topics, node: BatteryNode, broker: tuple[str, int], client_id: str) -> None:
        """Prepare; run() starts."""
        self._topics = topics
        self._node = node
        self._lock = threading.Lock()
        self._shown: object = None
        self._device_id = client_id
        self._link = Link(
            client_id,
            broker,
            [(topics.statue, 0)],
            self._ordered,
            self._announce,
            Will(topics.availability, "offline") if topics.availability else None,
        )

    def run(self, recording: Recording, start_s: float, speed: float, stop: threading.Event) -> None:
        """Replay from ``start_s`` of the recording until ``stop``; the device boots at that moment."""
        self._link.start()
        began_s = time.monotonic()
        index = 0
        while not stop.wait(max(0.0, began_s + index * SAMPLE_INTERVAL_S / speed - time.monotonic())):
            uptime_s = index * SAMPLE_INTERVAL_S
            with self._lock:
                fields = self._node.sample(uptime_s, recording.temp_at(start_s + uptime_s))
            payload = self._node.encode(fields)
            if payload is not None:
                self._link.publish(self._topics.sensor, payload)
            if fields["status"] != self._shown:
                self._shown = fields["status"]
                report("status", status=self._shown, recorded_s=start_s + uptime_s, temp_c=fields["temp_internal_c"])
            index += 1
        if self._topics.availability:
            self._link.publish(self._topics.availability, "offline", qos=1, retain=True)
        self._link.drop()

    def _announce(self) -> None:
        if self._topics.availability:
            self._link.publish(self._topics.availability, "online", qos=1, retain=True)
        if self._topics.register:
            register = {
                "id": self._device_id,
                "firmware": FIRMWARE,
                "schema": 1,
                "capabilities": ["override", "ack"],
                "limits": {"temp_internal_c": 50.0, "max30105_smoke": 750.0},
                "reset_reason": "power_on",
            }
            self._link.publish(self._topics.register, json.dumps(register), qos=1, retain=True)

    def _ordered(self, _topic: str, text: str) -> None:
        word, order_id = _parse_order(text)
        with self._lock:
            known = self._node.override.order(word)
        report("ordered" if known else "ignored", order=text[:80])
        if order_id is not None and self._topics.ack:
            answer = {"result": "applied"} if known else {"result": "refused", "reason": "level"}
            self._link.publish(self._topics.ack, json.dumps({"id": order_id, **answer}))


def _parse_order(text: str) -> tuple[str, str | None]:
    """The word and the id of an order: a bare word, or JSON with ``level`` and ``id``."""
    if not text.startswith("{"):
        return text, None
    try:
        order = json.loads(text)
    except ValueError:
        return "", None
    return str(order.get("level")), str(order["id"]) if "id" in order else None


def main(argv: Sequence[str] | None = None) -> int:
    """Run until SIGTERM; 0, or 2 when the recording cannot be used."""
    parser = argparse.ArgumentParser(prog="python -m demo.battery_node", description=__doc__)
    parser.add_argument("--broker", required=True, type=broker_address, metavar="HOST:PORT")
    parser.add_argument("--recording", required=True, type=Path)
    parser.add_argument("--family", choices=("ours", "original"), default="ours")
    parser.add_argument("--id", default="cell-1")
    parser.add_argument("--start", type=float, default=0.0, metavar="SECONDS")
    parser.add_argument("--speed", type=float, default=1.0)
    parser.add_argument("--vents", action="store_true", help="let gas, smoke and heat reach the node after a runaway")
    options = parser.parse_args(argv)
    try:
        recording = load_recording(options.recording)
    except RecordingError as err:
        parser.exit(2, f"error: {err}\n")
    node = BatteryNode(Sensors(vents=options.vents), extended=options.family == "ours")
    program = BatteryProgram(Topics.of(options.family, options.id), node, options.broker, options.id)
    program.run(recording, options.start, options.speed, stop_on_signals())
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
