"""The only place where bytes become messages and commands become bytes.

`decode` has three outcomes: a message, None (not ours), or `CodecError` (ours, but it cannot be read).
"""

from ..messages import DeviceKind, Message
from ..topics import TopicConfig
from .bath import (
    ACTIONS,
    COMMAND_EXPIRY_S,
    MAX_LEASE_MS,
    decode_bath,
    encode_command,
    encode_config_update,
    encode_emergency,
)
from .battery import decode_battery, encode_correction

__all__ = [
    "ACTIONS",
    "COMMAND_EXPIRY_S",
    "MAX_LEASE_MS",
    "decode",
    "encode_command",
    "encode_config_update",
    "encode_correction",
    "encode_emergency",
]

_DECODERS = {DeviceKind.BATTERY: decode_battery, DeviceKind.BATH: decode_bath}


def decode(topics: TopicConfig, topic: str, payload: bytes | str) -> Message | None:
    """The message that a topic and its payload make.

    Returns None for a topic that is not ours, for one that only we write to, for an object on the shared topic `sensor`
    without any of our channels, and for the empty payload that deletes a retained message. Fields that are absent or
    unreadable are None; unknown fields and channels are ignored, whatever the schema version.

    Raises:
        CodecError: the topic is ours, the payload cannot be read. Its ``reason`` is one of ``too_large``, ``not_utf8``,
            ``not_json``, ``too_deep``, ``not_an_object``, ``no_known_field``, ``no_channels``, ``bad_availability`` and
            ``bad_ack``.

    """
    route = topics.route(topic)
    return None if route is None else _DECODERS[route.device.kind](route, payload)
