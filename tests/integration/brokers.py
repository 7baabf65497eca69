"""Two brokers on loopback: a real one, and one that does exactly what a story tells it to, down to the byte."""

import asyncio
import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from aiomqtt import Client
from amqtt.broker import Broker
from amqtt.contexts import BrokerConfig, ListenerConfig
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

HOST = "127.0.0.1"

ANONYMOUS = "amqtt.plugins.authentication.AnonymousAuthPlugin"
PASSWORDS = "amqtt.plugins.authentication.FileAuthPlugin"
RIGHTS = "amqtt.plugins.topic_checking.TopicAccessControlListPlugin"

for talkative in ("amqtt", "transitions"):
    logging.getLogger(talkative).setLevel(logging.ERROR)

CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK, PINGREQ, DISCONNECT = 1, 2, 3, 4, 8, 9, 12, 14


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server((HOST, 0)) as server:
        port: int = server.getsockname()[1]
        return port


class Apart:
    """Something with a thread of its own: what goes wrong in it must not fail the story."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()

    async def end(self) -> None:
        """Be gone for good."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        await asyncio.to_thread(self._thread.join)
        self._loop.close()

    async def _there[T](self, work: Coroutine[Any, Any, T]) -> T:
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))


class RealBroker(Apart):
    """A broker of another make, which speaks MQTT 3.1.1; it can stop and start again on its port."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.port = free_port()
        self._folder = folder
        self._broker: Broker | None = None

    async def start(
        self, users: Mapping[str, str] | None = None, readable: Mapping[str, list[str]] | None = None
    ) -> None:
        """Serve; with ``users`` nobody else, with ``readable`` a user may subscribe to nothing else."""
        plugins: dict[str, Any] = {ANONYMOUS: {"allow_anonymous": True}}
        if users is not None:
            hasher = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
            file = self._folder / "passwords"
            file.write_text("".join(f"{user}:{hasher.hash(password)}\n" for user, password in users.items()))
            plugins = {PASSWORDS: {"password_file": str(file)}}
        if readable is not None:
            plugins[RIGHTS] = {"acl": dict(readable)}
        config = BrokerConfig(listeners={"default": ListenerConfig(bind=f"{HOST}:{self.port}")}, plugins=plugins)
        await self._there(self._start(config))

    async def stop(self) -> None:
        """Be gone, and let everybody know."""
        if self._broker is not None:
            broker, self._broker = self._broker, None
            await self._there(broker.shutdown())

    async def end(self) -> None:
        """Be gone for good."""
        await self.stop()
        await super().end()

    async def _start(self, config: BrokerConfig) -> None:
        self._broker = Broker(config, loop=self._loop)
        await self._broker.start()


class Device:
    """A device on a real broker: publishes, and hears what is sent to it."""

    def __init__(self, port: int, **credentials: str) -> None:
        self.heard: list[tuple[str, bytes]] = []
        self._port = port
        self._credentials = credentials

    async def says(self, topic: str, payload: str | bytes, *, retain: bool = False) -> None:
        async with Client(HOST, self._port, **self._credentials) as client:
            await client.publish(topic, payload, qos=1, retain=retain)

    async def listens(self, topic: str) -> asyncio.Task[None]:
        """Hear everything on ``topic`` until the returned task is cancelled."""
        ready = asyncio.Event()

        async def listen() -> None:
            async with Client(HOST, self._port, **self._credentials) as client:
                await client.subscribe(topic, qos=1)
                ready.set()
                async for message in client.messages:
                    self.heard.append((message.topic.value, bytes(message.payload)))

        task = asyncio.create_task(listen())
        await ready.wait()
        return task


class ScriptedBroker(Apart):
    """Speaks MQTT 5, or 3.1.1 if it refuses that, as far as a story needs it; every attribute is part of its script."""

    def __init__(self) -> None:
        super().__init__()
        self.port = 0
        self.refuses_5 = False
        self.hangs_up_on_5 = False
        self.connack = 0
        self.connack_properties = b""
        self.after_connack = b""
        """What leaves together with the welcome."""
        self.suback = 0
        self.puback = 0
        self.silent: set[int] = set()
        """Kinds of packets that it does not answer."""
        self.is_deaf = False
        """Reads nothing any more, until nobody can send anything more."""
        self.hangs_up_on: set[int] = set()
        self.packets: list[tuple[int, bytes]] = []
        self.connections = 0
        self._server: asyncio.Server | None = None
        self._clients: dict[asyncio.StreamWriter, int] = {}

    async def start(self, context: ssl.SSLContext | None = None) -> None:
        self._server = await self._there(asyncio.start_server(self._serve, HOST, self.port, ssl=context))
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Be gone without a word."""
        if self._server is not None:
            server, self._server = self._server, None
            await self._there(self._stop(server))

    async def end(self) -> None:
        """Be gone for good."""
        await self.stop()
        await super().end()

    async def _stop(self, server: asyncio.Server) -> None:
        server.close()
        self._abort()
        await server.wait_closed()

    def got(self, kind: int) -> list[bytes]:
        """The bodies of all packets of this kind."""
        return [body for one, body in self.packets if one == kind]

    def sends(self, kind: int, body: bytes, flags: int = 0) -> None:
        """Send a packet to every client."""
        self._loop.call_soon_threadsafe(self._send, bytes([kind << 4 | flags]) + _length(len(body)) + body)

    def _send(self, packet: bytes) -> None:
        for client in self._clients:
            client.write(packet)

    def publishes(self, topic: bytes, payload: bytes, *, retain: bool = False) -> None:
        """Send a message to every client, whatever it subscribed to."""
        for version in set(self._clients.values()):
            properties = b"\0" if version == 5 else b""
            self.sends(PUBLISH, len(topic).to_bytes(2) + topic + properties + payload, flags=int(retain))

    def drops_all(self) -> None:
        """End every connection without a word."""
        self._loop.call_soon_threadsafe(self._abort)

    def _abort(self) -> None:
        for client in tuple(self._clients):
            client.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                while self.is_deaf:  # noqa: ASYNC110 - the story sets it from its own thread
                    await asyncio.sleep(0.01)
                kind = (await reader.readexactly(1))[0] >> 4
                body = await reader.readexactly(await _read_length(reader))
                self.packets.append((kind, body))
                if kind in self.hangs_up_on or kind == DISCONNECT or self._hangs_up(kind, body):
                    break
                if kind not in self.silent:
                    self._answer(kind, body, writer)
        self._clients.pop(writer, None)
        writer.close()

    def _hangs_up(self, kind: int, body: bytes) -> bool:
        return kind == CONNECT and body[6] == 5 and self.hangs_up_on_5

    def _answer(self, kind: int, body: bytes, writer: asyncio.StreamWriter) -> None:
        match kind:
            case 1:
                self._welcome(body[6], writer)
            case 3:
                answer = message_id(body) + (bytes([self.puback, 0]) if self.puback else b"")
                writer.write(bytes([PUBACK << 4, len(answer)]) + answer)
            case 8:
                properties = b"\0" if self._clients[writer] == 5 else b""
                answer = body[:2] + properties + bytes([self.suback] * len(filters(body[2 + len(properties) :])))
                writer.write(bytes([SUBACK << 4, len(answer)]) + answer)
            case 12:
                writer.write(bytes([13 << 4, 0]))

    def _welcome(self, version: int, writer: asyncio.StreamWriter) -> None:
        if version == 5 and self.refuses_5:
            writer.write(bytes([CONNACK << 4, 2, 0, 1]))
            return
        more = self.connack_properties
        properties = bytes([len(more)]) + more if version == 5 else b""
        welcome = bytes([CONNACK << 4, 2 + len(properties), 0, self.connack]) + properties
        writer.write(welcome + self.after_connack)
        if self.connack == 0:
            self.connections += 1
            self._clients[writer] = version


def message_id(body: bytes) -> bytes:
    """The id of a PUBLISH with QoS 1, which stands after its topic."""
    end = 2 + int.from_bytes(body[:2])
    return body[end : end + 2]


def filters(body: bytes) -> list[str]:
    """The filters of a SUBSCRIBE, after its id and its properties."""
    if not body:
        return []
    end = 2 + int.from_bytes(body[:2])
    return [body[2:end].decode(), *filters(body[end + 1 :])]


def _length(number: int) -> bytes:
    more, rest = divmod(number, 128)
    return bytes([rest]) if not more else bytes([rest | 128]) + _length(more)


async def _read_length(reader: asyncio.StreamReader) -> int:
    number = shift = 0
    while True:
        byte = (await reader.readexactly(1))[0]
        number |= (byte & 127) << shift
        if byte < 128:
            return number
        shift += 7


async def until(condition: Callable[[], object], seconds: float = 5.0) -> float:
    """Wait for something to become true; returns how long it took, or fails."""
    started_s = time.monotonic()
    while not condition():
        passed_s = time.monotonic() - started_s
        assert passed_s < seconds, f"not within {seconds} s"
        await asyncio.sleep(0.01)
    return time.monotonic() - started_s
