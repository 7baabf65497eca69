"""The load: a process of its own that publishes for any number of nodes at 2 Hz, evenly spread over the period."""

import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.sharedctypes import Synchronized

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from demo.broker import HOST, Broker

from .nodes import PERIOD_S, QuietNode

MARKER_TOPIC = "benchmark/marker"
MARKER_PERIOD_S = 1.0
_IDLE_S = 0.02
_CONTEXT = multiprocessing.get_context("spawn")


@dataclass(frozen=True, slots=True)
class Load:
    """The knobs and counters that are shared with the process; nothing is published for nodes while ``nodes`` is 0."""

    nodes: Synchronized[int]
    sent: Synchronized[int]
    most_behind_s: Synchronized[float]
    running: Synchronized[int]

    def take_most_behind_s(self) -> float:
        """How far the load was behind its own schedule at worst since the last call."""
        with self.most_behind_s.get_lock():
            worst, self.most_behind_s.value = self.most_behind_s.value, 0.0
        return worst


@contextmanager
def running_load(broker: Broker) -> Iterator[Load]:
    """The load process, connected to the broker; ended at the end."""
    load = Load(
        _CONTEXT.Value("i", 0),
        _CONTEXT.Value("q", 0),
        _CONTEXT.Value("d", 0.0),
        _CONTEXT.Value("i", 1),
    )
    process = _CONTEXT.Process(
        target=publish, args=(broker.port, load.nodes, load.sent, load.most_behind_s, load.running), daemon=True
    )
    process.start()
    try:
        yield load
    finally:
        load.running.value = 0
        process.join(10)
        if process.is_alive():
            process.kill()


def publish(
    port: int,
    nodes: Synchronized[int],
    sent: Synchronized[int],
    most_behind_s: Synchronized[float],
    running: Synchronized[int],
) -> None:
    """Publish until ``running`` is 0; a marker with the wall time goes out every second, with or without nodes."""
    client = Client(CallbackAPIVersion.VERSION2, client_id="btr-benchmark-load")
    client.connect(HOST, port)
    client.loop_start()
    fleet: list[QuietNode] = []
    booted_s = due_s = marker_s = time.monotonic()
    turn = 0
    while running.value:
        now_s = time.monotonic()
        if now_s >= marker_s:
            client.publish(MARKER_TOPIC, repr(time.time()))
            marker_s = now_s + MARKER_PERIOD_S
        count = nodes.value
        if not count:
            due_s = now_s
            time.sleep(_IDLE_S)
            continue
        while len(fleet) < count:
            fleet.append(QuietNode(len(fleet)))
        if (wait_s := due_s - now_s) > 0:
            time.sleep(min(wait_s, _IDLE_S))
            continue
        turn = (turn + 1) % count
        node = fleet[turn]
        client.publish(node.topic, node.payload(int((due_s - booted_s) * 1000)))
        sent.value += 1
        most_behind_s.value = max(most_behind_s.value, -wait_s)
        due_s += PERIOD_S / count
    client.disconnect()
    client.loop_stop()
