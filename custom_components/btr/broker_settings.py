"""What must be known of an own broker to connect to it."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Self

from homeassistant.const import CONF_CLIENT_ID, CONF_HOST, CONF_PASSWORD, CONF_PORT, CONF_PROTOCOL, CONF_USERNAME
from homeassistant.core import HomeAssistant
from homeassistant.util.ssl import client_context

from .const import CONF_CERTIFICATE, CONF_CONNECTION, CONF_ENCRYPTION, CONF_KEEPALIVE

DEFAULT_KEEPALIVE_S: Final = 15
"""A battery is missed after three of its messages, but of a bath, which speaks once a minute, only the connection can
tell that neither an alarm would arrive nor an emergency stop be delivered. Half a minute would be long for that; below
some ten seconds a Wi-Fi that changes its access point would be taken for a loss. It costs two bytes each way."""


class Connection(StrEnum):
    """The kinds of connection that an entry can have besides Home Assistant's own, which needs no name."""

    OWN_BROKER = "own_broker"
    CLOUD = "cloud"


class Encryption(StrEnum):
    """Whether the connection is encrypted, and whom the broker's certificate must be from."""

    NONE = "none"
    SYSTEM = "system"
    OWN_CA = "own_ca"


class MqttVersion(StrEnum):
    """The versions of MQTT that are tried, the better one first."""

    V5 = "5"
    V311 = "3.1.1"


@dataclass(frozen=True, slots=True)
class BrokerSettings:
    """One broker; what may be a secret is left out of its text."""

    connection: Connection
    host: str = field(repr=False)
    port: int
    client_id: str = field(repr=False)
    username: str | None = field(repr=False)
    password: str | None = field(repr=False)
    encryption: Encryption
    certificate: str | None = field(repr=False)
    keepalive_s: int
    version: MqttVersion

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        """Read what the flow stored."""
        return cls(
            connection=Connection(data[CONF_CONNECTION]),
            host=data[CONF_HOST],
            port=data[CONF_PORT],
            client_id=data[CONF_CLIENT_ID],
            username=data.get(CONF_USERNAME),
            password=data.get(CONF_PASSWORD),
            encryption=Encryption(data[CONF_ENCRYPTION]),
            certificate=data.get(CONF_CERTIFICATE),
            keepalive_s=data[CONF_KEEPALIVE],
            version=MqttVersion(data.get(CONF_PROTOCOL, MqttVersion.V5)),
        )

    async def async_ssl_context(self, hass: HomeAssistant) -> ssl.SSLContext | None:
        """Return what checks the broker's certificate, None without encryption.

        Raises:
            ssl.SSLError: the stored certificate cannot be read.

        """
        match self.encryption:
            case Encryption.NONE:
                return None
            case Encryption.SYSTEM:
                return client_context()
            case Encryption.OWN_CA:
                return await hass.async_add_executor_job(own_context, self.certificate or "")


def own_context(certificate: str) -> ssl.SSLContext:
    """Return a context that trusts this certificate (PEM) and nothing else; it reads files, so not for the event loop.

    Raises:
        ssl.SSLError: there is no certificate in it.

    """
    context = ssl.create_default_context(cadata=certificate)
    # A certificate that somebody made at home seldom has every extension that the standard wants
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context
