"""The forms of an own broker: their fields, and what may be typed into them."""

import hashlib
import re
import secrets
import ssl
from collections.abc import Mapping
from typing import Any, Final

import probatio
from homeassistant.components.file_upload import process_uploaded_file
from homeassistant.const import (
    CONF_API_KEY,
    CONF_CLIENT_ID,
    CONF_HOST,
    CONF_PASSWORD,
    CONF_PORT,
    CONF_USERNAME,
    UnitOfTime,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    FileSelector,
    FileSelectorConfig,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)

from .broker_link import Trouble
from .broker_settings import DEFAULT_KEEPALIVE_S, Connection, Encryption, own_context
from .const import CONF_CERTIFICATE, CONF_CONNECTION, CONF_ENCRYPTION, CONF_KEEPALIVE
from .topics_form import FieldError

SECTION_ADVANCED: Final = "advanced"

MAX_CERTIFICATE_BYTES: Final = 1_000_000

OWN_ID: Final = re.compile(r"btr-[0-9a-f]{16}")
"""What a client id looks like that nobody typed."""

DEFAULT_PORTS: Final = {Connection.OWN_BROKER: 1883, Connection.CLOUD: 9501}

_SECRET = TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="off"))
_KEEPALIVE = NumberSelector(
    NumberSelectorConfig(min=5, max=300, step=1, unit_of_measurement=UnitOfTime.SECONDS, mode=NumberSelectorMode.BOX)
)
_ADDRESS = {
    probatio.Required(CONF_HOST): TextSelector(),
    probatio.Required(CONF_PORT): NumberSelector(
        NumberSelectorConfig(min=1, max=65535, step=1, mode=NumberSelectorMode.BOX)
    ),
}
_ENCRYPTION = {
    probatio.Required(CONF_ENCRYPTION): SelectSelector(
        SelectSelectorConfig(
            options=[choice.value for choice in Encryption],
            mode=SelectSelectorMode.DROPDOWN,
            translation_key=CONF_ENCRYPTION,
        )
    ),
    probatio.Optional(CONF_CERTIFICATE): FileSelector(FileSelectorConfig(accept=".pem,.crt,.cer,.der")),
}


def _advanced(fields: Mapping[Any, Any]) -> Mapping[Any, Any]:
    return {probatio.Required(SECTION_ADVANCED): section(probatio.Schema(fields), {"collapsed": True})}


REAUTH_SCHEMA = probatio.Schema(
    {probatio.Optional(CONF_USERNAME): TextSelector(), probatio.Required(CONF_PASSWORD): _SECRET}
)
REAUTH_KEY_SCHEMA = probatio.Schema({probatio.Required(CONF_API_KEY): _SECRET})

BROKER_SCHEMAS: Final = {
    Connection.OWN_BROKER: probatio.Schema(
        {
            **_ADDRESS,
            probatio.Optional(CONF_USERNAME): TextSelector(),
            probatio.Optional(CONF_PASSWORD): _SECRET,
            **_ENCRYPTION,
            **_advanced(
                {
                    probatio.Optional(CONF_CLIENT_ID): TextSelector(),
                    probatio.Required(CONF_KEEPALIVE, default=DEFAULT_KEEPALIVE_S): _KEEPALIVE,
                }
            ),
        }
    ),
    # Optional, since an empty key means the one that is known when the entry is reconfigured
    Connection.CLOUD: probatio.Schema(
        {
            **_ADDRESS,
            probatio.Optional(CONF_API_KEY): _SECRET,
            **_ENCRYPTION,
            **_advanced({probatio.Required(CONF_KEEPALIVE, default=DEFAULT_KEEPALIVE_S): _KEEPALIVE}),
        }
    ),
}

# Where the form shows why there is no connection; what is not named concerns more than one field
FIELD_OF_TROUBLE: Final = {
    Trouble.UNKNOWN_HOST: CONF_HOST,
    Trouble.CERTIFICATE_REFUSED: CONF_ENCRYPTION,
    Trouble.ENCRYPTION_FAILED: CONF_ENCRYPTION,
}


def broker_defaults(connection: Connection) -> dict[str, Any]:
    """Return what the form of a new connection shows."""
    return {
        CONF_PORT: DEFAULT_PORTS[connection],
        CONF_ENCRYPTION: Encryption.NONE,
        SECTION_ADVANCED: {CONF_KEEPALIVE: DEFAULT_KEEPALIVE_S},
    }


def broker_to_form(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the form shows of an entry; secrets are not shown, and kept when they are left empty."""
    shown = (CONF_HOST, CONF_PORT, CONF_USERNAME, CONF_ENCRYPTION)
    return {
        **{key: data[key] for key in shown if data.get(key) is not None},
        SECTION_ADVANCED: {CONF_KEEPALIVE: data[CONF_KEEPALIVE]},
    }


def broker_from_form(connection: Connection, user_input: Mapping[str, Any], kept: Mapping[str, Any]) -> dict[str, Any]:
    """Return the data of an entry but for its topics; ``kept`` has the secrets that were left empty.

    Raises:
        FieldError: something cannot be used.

    """
    advanced = user_input[SECTION_ADVANCED]
    encryption = Encryption(user_input[CONF_ENCRYPTION])
    certificate = kept.get(CONF_CERTIFICATE) if encryption is Encryption.OWN_CA else None
    if encryption is Encryption.OWN_CA and certificate is None:
        raise FieldError(CONF_CERTIFICATE, "certificate_missing")
    return {
        CONF_CONNECTION: connection.value,
        CONF_HOST: clean_host(user_input[CONF_HOST]),
        CONF_PORT: int(user_input[CONF_PORT]),
        **credentials_from_form(connection, {**user_input, **advanced}, kept),
        CONF_ENCRYPTION: encryption.value,
        CONF_CERTIFICATE: certificate,
        CONF_KEEPALIVE: int(advanced[CONF_KEEPALIVE]),
    }


def credentials_from_form(
    connection: Connection, fields: Mapping[str, Any], kept: Mapping[str, Any]
) -> dict[str, str | None]:
    """Return client id, user and password; a cloud's key is its client id, and there is no user.

    Raises:
        FieldError: something is missing.

    """
    if connection is Connection.CLOUD:
        key = fields.get(CONF_API_KEY, "").strip() or kept.get(CONF_CLIENT_ID)
        if not key:
            raise FieldError(CONF_API_KEY, "key_missing")
        return {CONF_CLIENT_ID: key, CONF_USERNAME: None, CONF_PASSWORD: None}
    username = fields.get(CONF_USERNAME, "").strip() or None
    password = fields.get(CONF_PASSWORD) or None
    if password is not None and username is None:
        raise FieldError(CONF_USERNAME, "username_missing")
    return {
        CONF_CLIENT_ID: fields.get(CONF_CLIENT_ID, "").strip() or kept.get(CONF_CLIENT_ID) or new_client_id(),
        CONF_USERNAME: username,
        # Without a user the password that is known has no use any more
        CONF_PASSWORD: password or (kept.get(CONF_PASSWORD) if username else None),
    }


def clean_host(typed: str) -> str:
    """Return a host's name or address; raises FieldError for anything with more or less in it."""
    host = typed.strip().removeprefix("[").removesuffix("]")
    if not re.fullmatch(r"[\w.:%-]{1,253}", host) or re.fullmatch(r"[^:]+:\d+", host):
        raise FieldError(CONF_HOST, "invalid_host")
    return host


def new_client_id() -> str:
    """Return a client id that nobody else has, of the length that every broker must take."""
    return f"btr-{secrets.token_hex(8)}"


def is_own_id(client_id: str) -> bool:
    """Whether nobody typed this client id, so that another one does as well."""
    return OWN_ID.fullmatch(client_id) is not None


def unique_id_of(data: Mapping[str, Any]) -> str:
    """Return what two entries must not share: the broker, and on it the account where the client id tells one."""
    address = f"{data[CONF_HOST]}:{data[CONF_PORT]}".lower()
    client_id = data[CONF_CLIENT_ID]
    # A key is a secret, and unique ids are not treated as such
    return address if is_own_id(client_id) else f"{address} {hashlib.sha256(client_id.encode()).hexdigest()[:16]}"


async def async_read_certificate(hass: HomeAssistant, upload_id: str) -> str:
    """Return the certificates of an uploaded file as PEM.

    Raises:
        FieldError: the file is gone, or no certificate is in it.

    """
    try:
        return await hass.async_add_executor_job(_read_certificate, hass, upload_id)
    except ssl.SSLError as error:
        raise FieldError(CONF_CERTIFICATE, "certificate_invalid") from error
    except ValueError as error:
        raise FieldError(CONF_CERTIFICATE, "certificate_missing") from error


def _read_certificate(hass: HomeAssistant, upload_id: str) -> str:
    with process_uploaded_file(hass, upload_id) as path, path.open("rb") as file:
        certificate = certificates_in(file.read(MAX_CERTIFICATE_BYTES))
    own_context(certificate)
    return certificate


def certificates_in(content: bytes) -> str:
    """Return the certificates in a PEM or DER file as PEM, and nothing else of it, such as a private key."""
    blocks = re.findall(rb"-----BEGIN CERTIFICATE-----[\s\w+/=]+-----END CERTIFICATE-----", content)
    return "".join(f"{block.decode()}\n" for block in blocks) or ssl.DER_cert_to_PEM_cert(content)
