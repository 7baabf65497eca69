"""An own broker as the way to the devices: keeps one connection alive for as long as the entry is loaded."""

import asyncio
import logging
import random
import ssl
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Final, NoReturn

from aiomqtt import MqttError
from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed, ConfigEntryError, HomeAssistantError
from homeassistant.helpers.event import async_call_later

from .broker_link import BrokerError, BrokerLink, MessageRefusedError, Trouble
from .broker_settings import BrokerSettings
from .const import DOMAIN, ISSUE_BROKER_CERTIFICATE, ISSUE_BROKER_CLIENT_ID, ISSUE_BROKER_TOPICS
from .core.messages import Publish
from .issues import clear_issue, raise_issue
from .probe import async_probe
from .transport import OnConnection, OnMessage

_LOGGER = logging.getLogger(__name__)

FIRST_PAUSE_S: Final = 1.0
LONGEST_PAUSE_S: Final = 5.0
"""All must be well again ten seconds after the broker is back, and an attempt may take five."""

STEADY_S: Final = 10.0
"""A connection that lived as long was a good one; two clients that drive each other out must not do so ever faster."""

DRIVEN_OUT: Final = 3
"""After so many short connections in a row, another client most likely has the same id; few brokers say so."""

AUTH_PAUSE_S: Final = 300.0
"""Who is refused asks the user, and tries again only for a broker whose memory of passwords comes up late."""

COMPLAIN_EVERY_S: Final = 60.0

# What the user has to put right; everything else may pass by itself
ISSUES: Final = {
    Trouble.CERTIFICATE_REFUSED: ISSUE_BROKER_CERTIFICATE,
    Trouble.TOPICS_REFUSED: ISSUE_BROKER_TOPICS,
    Trouble.CLIENT_ID_REFUSED: ISSUE_BROKER_CLIENT_ID,
    Trouble.CLIENT_ID_IN_USE: ISSUE_BROKER_CLIENT_ID,
}


class OwnBroker:
    """The transport over a broker that Home Assistant's MQTT is not connected to."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry, settings: BrokerSettings, context: ssl.SSLContext | None
    ) -> None:
        """Nothing is sent before ``async_subscribe``."""
        self._hass = hass
        self._entry = entry
        self._settings = settings
        self._context = context
        self._filters: tuple[str, ...] = ()
        self._on_message: OnMessage | None = None
        self._on_connection: OnConnection | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._link: BrokerLink | None = None
        self._trouble: Trouble | None = None
        self._forget_steady: CALLBACK_TYPE | None = None
        self._tries = 0
        self._short_lived = 0
        self._connections = 0
        self._dropped = 0
        self._unreadable = 0
        self._complained_s = float("-inf")

    @property
    def connected(self) -> bool:
        """Whether the broker is connected and has granted every topic."""
        return self._link is not None

    @property
    def report(self) -> Mapping[str, object]:
        """How the connection is and was."""
        return {
            "kind": self._settings.connection,
            "version": self._settings.version,
            "encryption": self._settings.encryption,
            "trouble": self._trouble,
            "connections": self._connections,
            "dropped": self._dropped + (self._link.dropped if self._link else 0),
            "unreadable": self._unreadable + (self._link.unreadable if self._link else 0),
        }

    async def async_subscribe(
        self, filters: Iterable[str], on_message: OnMessage, on_connection: OnConnection
    ) -> CALLBACK_TYPE:
        """Connect in the background, again and again; returns how to hear no more."""
        self._filters = tuple(filters)
        self._on_message = on_message
        self._on_connection = on_connection
        self._keeper = self._hass.async_create_background_task(self._async_keep(), f"{DOMAIN} broker")
        return self._hear_no_more

    async def async_publish(self, message: Publish) -> None:
        """Send ``message``, never retained; raises HomeAssistantError when it cannot be delivered."""
        if self._link is None:
            raise HomeAssistantError(translation_domain=DOMAIN, translation_key="broker_not_connected")
        try:
            await self._link.async_send(message)
        except MessageRefusedError as error:
            raise HomeAssistantError(translation_domain=DOMAIN, translation_key="broker_refuses_message") from error
        except (MqttError, ValueError) as error:
            raise HomeAssistantError(translation_domain=DOMAIN, translation_key="broker_no_answer") from error

    async def async_stop(self) -> None:
        """End the connection; nothing of it is left afterwards."""
        self._hear_no_more()
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.wait({self._keeper})

    @callback
    def _hear_no_more(self) -> None:
        self._on_message = self._on_connection = None

    async def _async_keep(self) -> None:
        while True:
            try:
                await self._async_attend()
            except BrokerError as error:
                trouble = error.trouble
            except Exception:  # noqa: BLE001 - whatever it is, no device may stay unwatched for it
                trouble = Trouble.LOST
                self._complain("The connection to the broker failed")
            driven_out = trouble is Trouble.LOST and self._short_lived >= DRIVEN_OUT
            self._note(Trouble.CLIENT_ID_IN_USE if driven_out else trouble)
            await asyncio.sleep(AUTH_PAUSE_S if trouble is Trouble.INVALID_AUTH else _pause_s(self._tries))
            self._tries += 1

    async def _async_attend(self) -> NoReturn:
        """Connect, subscribe and read, until the connection ends.

        Raises:
            BrokerError: always, in the end.

        """
        link = BrokerLink(self._settings, self._context)
        try:
            await link.async_connect()
            await link.async_subscribe(self._filters)
            self._begin(link)
            async for batch in link.async_batches():
                for message in batch:
                    self._tell(self._on_message, message.topic.value, bytes(message.payload), message.retain)
            raise link.loss
        finally:
            await link.async_close()
            self._end(link)

    @callback
    def _begin(self, link: BrokerLink) -> None:
        self._link = link
        self._connections += 1
        self._short_lived += 1
        steady = HassJob(self._on_steady, f"{DOMAIN} steady", cancel_on_shutdown=True)
        self._forget_steady = async_call_later(self._hass, STEADY_S, steady)
        self._tell(self._on_connection, True)
        self._note(None)

    @callback
    def _end(self, link: BrokerLink) -> None:
        self._dropped += link.dropped
        self._unreadable += link.unreadable
        if self._link is not None:
            self._link = None
            if self._forget_steady is not None:
                self._forget_steady()
            self._tell(self._on_connection, False)

    @callback
    def _on_steady(self, at: datetime) -> None:
        self._tries = self._short_lived = 0
        clear_issue(self._hass, ISSUE_BROKER_CLIENT_ID, self._entry.entry_id)

    @callback
    def _tell[*Told](self, listener: Callable[[*Told], None] | None, *told: *Told) -> None:
        """Call a listener; a fault in it must not end the connection, which all other devices need."""
        try:
            if listener is not None:
                listener(*told)
        except Exception:  # noqa: BLE001 - see above
            self._complain("What the broker sent could not be handled")

    @callback
    def _note(self, trouble: Trouble | None) -> None:
        before, self._trouble = self._trouble, trouble
        # An issue may be from before a reload; and while another form of the entry is open, Home Assistant asks for no
        # credentials, and does not remember it
        if trouble is not before or trouble in {None, Trouble.INVALID_AUTH}:
            _LOGGER.debug("Trouble with the broker: %s", trouble)
            self._tell(self._ask_user, trouble)

    @callback
    def _ask_user(self, trouble: Trouble | None) -> None:
        """Tell the user what only the user can put right; the hub tells that the broker is gone, and back."""
        entry, issue = self._entry, None if trouble is None else ISSUES.get(trouble)
        if issue is not None:
            raise_issue(self._hass, issue, entry.entry_id, {"entry": entry.title}, entry_id=entry.entry_id)
        if issue is not None or trouble is None:
            # Another client that drove us out comes back: only a steady connection is the end of that
            for other in {*ISSUES.values()} - {issue, ISSUE_BROKER_CLIENT_ID}:
                clear_issue(self._hass, other, entry.entry_id)
        if trouble is Trouble.INVALID_AUTH:
            entry.async_start_reauth(self._hass)
        elif trouble is None:
            for flow in tuple(entry.async_get_active_flows(self._hass, {SOURCE_REAUTH})):
                self._hass.config_entries.flow.async_abort(flow["flow_id"])

    def _complain(self, text: str) -> None:
        """Log a fault of ours with its trace, at most one a minute."""
        now_s = time.monotonic()
        if now_s - self._complained_s >= COMPLAIN_EVERY_S:
            self._complained_s = now_s
            _LOGGER.log(logging.ERROR, text, exc_info=True)


async def async_own_broker(hass: HomeAssistant, entry: ConfigEntry, settings: BrokerSettings) -> OwnBroker:
    """Return the transport of an entry, after a first try of its connection.

    A broker that is not there is no reason to give up: alarms that stand must go on, and Home Assistant would take
    longer and longer until it tries again. The devices are unavailable until then.

    Raises:
        ConfigEntryAuthFailed: the broker refuses the credentials.
        ConfigEntryError: the stored certificate cannot be read.

    """
    try:
        context = await settings.async_ssl_context(hass)
    except ssl.SSLError as error:
        raise ConfigEntryError(translation_domain=DOMAIN, translation_key="certificate_unreadable") from error
    try:
        await async_probe(settings, context)
    except BrokerError as error:
        if error.trouble is Trouble.INVALID_AUTH:
            raise ConfigEntryAuthFailed(translation_domain=DOMAIN, translation_key="broker_refuses") from error
        _LOGGER.info("The MQTT broker cannot be used yet (%s); all devices are unavailable", error.trouble)
    return OwnBroker(hass, entry, settings, context)


def _pause_s(tries: int) -> float:
    """Return the pause before the next try: longer each time, and never the same for all clients of one broker."""
    pause_s = min(FIRST_PAUSE_S * 2.0 ** min(tries, 10), LONGEST_PAUSE_S)
    return pause_s * random.uniform(0.5, 1.0)  # noqa: S311 - nobody gains by guessing it
