"""One connection to an own broker, from its first packet to its last; it is never used twice.

aiomqtt keeps the protocol. What is added here is what a connection needs that must neither hang, nor grow, nor leave a
socket behind: a broker that closes before it answers is told at once, waiting messages are bounded and the newest win,
a topic that is no text ends nothing, and what was given up is never delivered late.
"""

import asyncio
import logging
import math
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Coroutine, Iterable, Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from typing import Any, Final, cast

from aiomqtt import Client, Message, MqttCodeError, MqttError, ProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from .broker_settings import BrokerSettings, Encryption, MqttVersion
from .core.codec.fields import MAX_PAYLOAD
from .core.messages import Publish

ANSWER_S: Final = 5.0
"""How long the broker may take for an answer; a command must have failed in the user's eyes not much later."""

CLOSE_S: Final = 1.0
"""How long a farewell may take; a network that stands still does not let it out."""

MAX_WAITING: Final = 1000
MAX_BATCH: Final = 10

PING_SHARE: Final = 0.75
"""The client asks after this part of the keepalive and waits as long for the answer: a loss is noticed after 1.5."""

# The library would log the client id, which is the key of some clouds; all it has to say comes as an error too
SILENT: Final = logging.Logger("btr.silent", logging.CRITICAL + 1)  # noqa: LOG001 - no setting of any user reaches it

_VERSIONS = {MqttVersion.V5: ProtocolVersion.V5, MqttVersion.V311: ProtocolVersion.V311}


class Trouble(StrEnum):
    """Why there is no connection; the value is the key of its text in the flow."""

    CANNOT_CONNECT = "cannot_connect"
    UNKNOWN_HOST = "unknown_host"
    NO_MQTT = "no_mqtt"
    CERTIFICATE_REFUSED = "certificate_refused"
    ENCRYPTION_FAILED = "encryption_failed"
    INVALID_AUTH = "invalid_auth"
    CLIENT_ID_REFUSED = "client_id_refused"
    CLIENT_ID_IN_USE = "client_id_in_use"
    TOPICS_REFUSED = "topics_refused"
    LOST = "connection_lost"


class BrokerError(Exception):
    """The broker is not connected, or not any more. The text holds no address."""

    def __init__(self, trouble: Trouble) -> None:
        """Keep the reason, which is all that may be told."""
        super().__init__(trouble)
        self.trouble = trouble


class MessageRefusedError(Exception):
    """The broker did not take a message: the user may not write it."""


# What a broker answers to CONNECT or says when it closes; paho translates the answers of MQTT 3.1.1 into those of 5
_TROUBLE_OF_CODE: Final = {
    133: Trouble.CLIENT_ID_REFUSED,
    134: Trouble.INVALID_AUTH,
    135: Trouble.INVALID_AUTH,
    136: Trouble.CANNOT_CONNECT,
    137: Trouble.CANNOT_CONNECT,
    138: Trouble.INVALID_AUTH,
    140: Trouble.INVALID_AUTH,
    142: Trouble.CLIENT_ID_IN_USE,
}


class Inbox(asyncio.Queue[Message]):
    """Messages that wait to be read; when it is full, the oldest gives way, as a newer reading is worth more."""

    dropped = 0

    def put_nowait(self, item: Message) -> None:
        """Put in ``item``, whatever it takes."""
        if self.full():
            self.get_nowait()
            self.dropped += 1
        super().put_nowait(item)


class BrokerLink(Client):
    """One connection: connect, subscribe, read until it ends, close."""

    def __init__(self, settings: BrokerSettings, context: ssl.SSLContext | None) -> None:
        """Nothing is sent before ``async_connect``."""
        self.unreadable = 0
        self._speaks_5 = settings.version is MqttVersion.V5
        self._encrypted = settings.encryption is not Encryption.NONE
        self._ping_s = int(settings.keepalive_s * PING_SHARE)
        self._is_over = False
        self._refused: set[int] = set()
        self._ended = asyncio.Event()
        super().__init__(
            settings.host,
            settings.port,
            username=settings.username,
            password=settings.password,
            logger=SILENT,
            identifier=settings.client_id,
            queue_type=Inbox,
            protocol=_VERSIONS[settings.version],
            timeout=ANSWER_S,
            keepalive=math.ceil(ANSWER_S),
            max_queued_incoming_messages=MAX_WAITING,
            max_queued_outgoing_messages=MAX_WAITING,
            properties=_properties(PacketTypes.CONNECT, MaximumPacketSize=2 * MAX_PAYLOAD) if self._speaks_5 else None,
            tls_context=context,
            socket_options=_socket_options(settings.keepalive_s),
        )
        self._inbox = cast("Inbox", self._queue)

    @property
    def dropped(self) -> int:
        """How many messages gave way to newer ones."""
        return self._inbox.dropped

    async def async_connect(self) -> None:
        """Connect; when cancelled, it returns only when nothing more can open a socket.

        Raises:
            BrokerError: there is no connection; call ``async_close`` all the same.

        """
        attempt = self._loop.create_task(self.__aenter__())
        answer, lost = self._connected, self._disconnected
        try:
            await asyncio.wait({attempt})
        except asyncio.CancelledError:
            # The library connects in a thread, which cannot be interrupted; only the answer need not be waited for
            if not answer.done():
                answer.set_exception(MqttError("given up"))
            await asyncio.wait({attempt})
            raise
        finally:
            for future in (attempt, answer, lost):
                if future.done() and not future.cancelled():
                    future.exception()
        error = attempt.exception()
        if isinstance(error, MqttError | ValueError):
            raise BrokerError(self._trouble_of(error)) from error
        if error is not None:
            raise error
        if lost.done():
            # It ended with its first packet, which the library forgets
            self._disconnected = lost
            raise self.loss

    async def async_subscribe(self, filters: Iterable[str]) -> None:
        """Subscribe, and return when the broker has granted every one.

        Raises:
            BrokerError: it did not, or the connection is lost.

        """
        try:
            codes = await self._while_it_lives(self.subscribe([(item, 0) for item in filters]))
        except MqttError as error:
            raise self.loss from error
        if any(code.is_failure for code in codes if isinstance(code, ReasonCode)):
            raise BrokerError(Trouble.TOPICS_REFUSED)

    @property
    def loss(self) -> BrokerError:
        """Why the connection is lost, for as far as the broker said so.

        Some brokers do not refuse a topic but the client that uses it. They know its credentials, which are asked for
        only when they are refused with the next connection.
        """
        error = self._disconnected.exception() if self._disconnected.done() else None
        code = error.rc if isinstance(error, MqttCodeError) else None
        told = _TROUBLE_OF_CODE.get(code.value) if isinstance(code, ReasonCode) else None
        return BrokerError(Trouble.TOPICS_REFUSED if told is Trouble.INVALID_AUTH else told or Trouble.LOST)

    async def async_batches(self) -> AsyncIterator[list[Message]]:
        """Yield what arrives, in order, until the connection is lost."""
        with suppress(MqttError):
            async for first in self.messages:
                batch = [first]
                while len(batch) < MAX_BATCH and not self._inbox.empty():
                    batch.append(self._inbox.get_nowait())
                yield batch

    async def async_hold(self, seconds: float) -> None:
        """Return after this time if the connection lives as long.

        Raises:
            BrokerError: it does not.

        """
        done, _ = await asyncio.wait({self._disconnected}, timeout=seconds)
        if done:
            raise BrokerError(Trouble.CLIENT_ID_IN_USE)

    async def async_send(self, message: Publish) -> None:
        """Send ``message``; with QoS 1 it returns when the broker has taken it over.

        A broker that does not answer in time is cut off: what was told to have failed must not arrive later.

        Raises:
            MqttError: it is not delivered.
            MessageRefusedError: the broker does not take it.

        """
        properties = None
        if self._speaks_5 and message.expiry_s is not None:
            properties = _properties(PacketTypes.PUBLISH, MessageExpiryInterval=message.expiry_s)
        try:
            await self._while_it_lives(self.publish(message.topic, message.payload, message.qos, False, properties))
        except MqttError:
            self._cut()
            raise

    async def async_close(self) -> None:
        """End the connection, whatever state it is in; no socket, task or timer is left."""
        self._is_over = True
        self._client.disconnect()
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_S if self._client.socket() is not None else 0):
                await self._ended.wait()
        if self._cut():
            self._client.loop_read()
        if self._disconnected.done():
            self._disconnected.exception()
        if self._misc_task is not None:
            self._misc_task.cancel()
            await asyncio.wait({self._misc_task})

    async def _while_it_lives[T](self, asked: Coroutine[Any, Any, T]) -> T:
        """Return the answer of the broker; once the connection is lost there will be none."""
        task = self._loop.create_task(asked)
        try:
            either: set[asyncio.Future[Any]] = {task, self._disconnected}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                raise MqttError("the connection is lost")
            return await task
        finally:
            task.cancel()

    def _cut(self) -> bool:
        """Let the socket end without what it has not sent yet; False if there is none."""
        connection = self._client.socket()
        if not isinstance(connection, socket.socket):
            return False
        with suppress(OSError):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.shutdown(socket.SHUT_RD)
        return True

    def _on_socket_open(self, client: Any, userdata: Any, sock: Any) -> None:
        """Take the keepalive that was asked for; until now it was the patience of the library with the handshake."""
        client._keepalive = self._ping_s  # noqa: SLF001 - the public way is closed from the first byte on
        super()._on_socket_open(client, userdata, sock)

    def _on_connect(
        self, client: Any, userdata: Any, flags: Any, reason_code: ReasonCode, properties: Properties | None = None
    ) -> None:
        """Take the keepalive that the broker wants if it is shorter, which the library does not."""
        if wanted_s := getattr(properties, "ServerKeepAlive", 0):
            client._keepalive = min(self._ping_s, max(1, int(wanted_s * PING_SHARE)))  # noqa: SLF001 - see above
        super()._on_connect(client, userdata, flags, reason_code, properties)

    def _on_disconnect(
        self, client: Any, userdata: Any, flags: Any, reason_code: ReasonCode, properties: Properties | None = None
    ) -> None:
        """Tell a connection that ends before it began, which the library would wait for in vain."""
        self._ended.set()
        if self._connected.done():
            super()._on_disconnect(client, userdata, flags, reason_code, properties)
        elif not self._is_over:
            self._connected.set_exception(MqttCodeError(reason_code))

    def _on_publish(
        self, client: Any, userdata: Any, mid: int, reason_code: ReasonCode, properties: Properties
    ) -> None:
        """Note a message that the broker did not take; to the library every answer is a good one."""
        if reason_code.is_failure and mid in self._pending_publishes:
            self._refused.add(mid)
        super()._on_publish(client, userdata, mid, reason_code, properties)

    @contextmanager
    def _pending_call[T](self, mid: int, value: T, pending_dict: dict[int, T]) -> Iterator[None]:
        """Wait for an answer, which may be a refusal."""
        with super()._pending_call(mid, value, pending_dict):
            yield
        if mid in self._refused:
            self._refused.remove(mid)
            raise MessageRefusedError

    def _on_message(self, client: Any, userdata: Any, message: Any) -> None:
        """Take a message; one that nobody could read is cut to what the codec refuses, or left out."""
        if len(message.payload) > MAX_PAYLOAD:
            message.payload = message.payload[: MAX_PAYLOAD + 1]
        try:
            super()._on_message(client, userdata, message)
        except ValueError:
            self.unreadable += 1

    def _trouble_of(self, error: Exception) -> Trouble:
        if isinstance(error, MqttCodeError) and isinstance(error.rc, ReasonCode):
            return _TROUBLE_OF_CODE.get(error.rc.value, Trouble.NO_MQTT)
        match error if isinstance(error, ValueError) else error.__context__:
            case ssl.SSLCertVerificationError():
                return Trouble.CERTIFICATE_REFUSED
            case ssl.SSLError():
                return Trouble.ENCRYPTION_FAILED
            # A broker that is spoken to in cipher where it expects none hangs up
            case ConnectionResetError() if self._encrypted:
                return Trouble.ENCRYPTION_FAILED
            case socket.gaierror() | ValueError():
                return Trouble.UNKNOWN_HOST
            case TimeoutError() if self._client.socket() is not None:
                return Trouble.NO_MQTT
            case _:
                return Trouble.CANNOT_CONNECT


def _properties(kind: int, **values: int) -> Properties:
    properties = Properties(kind)  # type: ignore[no-untyped-call]
    for name, value in values.items():
        setattr(properties, name, value)
    return properties


def _socket_options(keepalive_s: float) -> tuple[tuple[int, int, int], ...]:
    """A short message leaves at once; what is not acknowledged within the keepalive ends the connection.

    The latter is known to Linux only, and bounds how late a message without acknowledgement can arrive.
    """
    options = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]
    if (timeout := getattr(socket, "TCP_USER_TIMEOUT", None)) is not None:
        options.append((socket.IPPROTO_TCP, timeout, round(keepalive_s * 1000)))
    return tuple(options)
