"""What the device programs share: a client that always comes back, a clean end, and one line of JSON per event."""

import argparse
import json
import signal
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

KEEPALIVE_S = 15
MessageHandler = Callable[[str, str], None]


def broker_address(text: str) -> tuple[str, int]:
    """``HOST:PORT`` as a pair; for argparse."""
    host, separator, port = text.rpartition(":")
    if not separator or not port.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is not HOST:PORT")
    return host, int(port)


def report(event: str, **details: object) -> None:
    """Print what happened as one line of JSON."""
    print(json.dumps({"event": event, **details}), flush=True)


def stop_on_signals() -> threading.Event:
    """An event that SIGTERM and SIGINT set."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


@dataclass(frozen=True, slots=True)
class Will:
    """The message that the broker sends, retained, when the device disappears."""

    topic: str
    payload: str


class Link:
    """A device's connection: reconnects within seconds for as long as the program runs, and says so once each way.

    ``on_connected`` runs after every connect, with the subscriptions made; ``on_message`` gets topic and text. Both run
    in the network thread.
    """

    def __init__(
        self,
        client_id: str,
        broker: tuple[str, int],
        subscriptions: Sequence[tuple[str, int]],
        on_message: MessageHandler,
        on_connected: Callable[[], None],
        will: Will | None = None,
        tell: Callable[..., None] = report,
    ) -> None:
        """Prepare; nothing is sent before start()."""
        self._broker = broker
        self._subscriptions = list(subscriptions)
        self._on_connected = on_connected
        self._tell = tell
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=client_id)
        self._client.reconnect_delay_set(1, 5)
        if will is not None:
            self._client.will_set(will.topic, will.payload, qos=1, retain=True)
        self._client.on_connect = self._connected
        self._client.on_disconnect = self._disconnected
        self._client.on_message = lambda _client, _user, message: on_message(
            message.topic, message.payload.decode("utf-8", "replace")
        )

    def start(self) -> None:
        """Connect in the background; a broker that is not there yet is tried again and again."""
        self._client.connect_async(*self._broker, keepalive=KEEPALIVE_S)
        self._client.loop_start()

    def publish(self, topic: str, payload: str, *, qos: int = 0, retain: bool = False) -> None:
        """Send, or drop it when there is no connection: a device keeps no telemetry for later."""
        if self._client.is_connected():
            self._client.publish(topic, payload, qos=qos, retain=retain)

    def drop(self) -> None:
        """Break the connection for a moment, as a restarting device does; it comes back through start()."""
        self._client.disconnect()
        self._client.loop_stop()

    def _connected(
        self,
        client: mqtt.Client,
        _user: object,
        _flags: mqtt.ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            self._tell("refused", reason=str(reason))
            return
        self._tell("connected")
        if self._subscriptions:
            client.subscribe(self._subscriptions)
        self._on_connected()

    def _disconnected(
        self,
        _client: mqtt.Client,
        _user: object,
        _flags: mqtt.DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        self._tell("disconnected", reason=str(reason))
