"""The options of an entry, typed and with their defaults."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from homeassistant.const import CONF_HOST

from .broker_settings import BrokerSettings
from .const import (
    CONF_BATH_ROOT,
    CONF_BATTERY_PREFIXES,
    CONF_BLACK_BOX_LENGTH,
    CONF_ENGINE,
    CONF_NEW_DEVICES,
    CONF_UPDATE_INTERVAL,
    DEFAULT_BATH_ROOT,
    DEFAULT_BATTERY_PREFIXES,
    DEFAULT_NEW_DEVICES,
    DEFAULT_UPDATE_INTERVAL_S,
)
from .core.black_box import DEFAULT_MINUTES
from .core.topics import TopicConfig


class EngineChoice(StrEnum):
    """What may run the models: the best that this machine can have, or one in particular."""

    AUTOMATIC = "automatic"
    ONNXRUNTIME = "onnxruntime"
    NUMPY = "numpy"
    RULES = "rules"


@dataclass(frozen=True, slots=True)
class EntrySettings:
    """What the user chose.

    Topics, seconds between writes of a number, whether unknown devices are taken in, engine, minutes in a black box,
    and the broker where it is not Home Assistant's.
    """

    topics: TopicConfig
    update_interval_s: float
    new_devices: bool
    engine: EngineChoice
    black_box_min: int = DEFAULT_MINUTES
    broker: BrokerSettings | None = None

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Self:
        """Read the options; raises the topics' own error when one of them is no topic."""
        return cls(
            topics=TopicConfig(
                battery_prefixes=tuple(options.get(CONF_BATTERY_PREFIXES, DEFAULT_BATTERY_PREFIXES)),
                bath_root=options.get(CONF_BATH_ROOT, DEFAULT_BATH_ROOT),
            ),
            update_interval_s=float(options.get(CONF_UPDATE_INTERVAL, DEFAULT_UPDATE_INTERVAL_S)),
            new_devices=bool(options.get(CONF_NEW_DEVICES, DEFAULT_NEW_DEVICES)),
            engine=EngineChoice(options.get(CONF_ENGINE, EngineChoice.AUTOMATIC)),
            black_box_min=int(options.get(CONF_BLACK_BOX_LENGTH, DEFAULT_MINUTES)),
            broker=BrokerSettings.from_data(options) if CONF_HOST in options else None,
        )
