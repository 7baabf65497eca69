"""All model families by name; each is one module with one ``FAMILY``."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ..errors import ConfigError
from ..family import Family
from . import (
    cnn_lstm,
    gradient_boosting,
    gru,
    limit_rule,
    lstm,
    lstm_60s,
    random_forest,
    rate_rule,
    tcn,
    transformer,
)

_MODULES: Final = (
    rate_rule,
    limit_rule,
    random_forest,
    gradient_boosting,
    lstm,
    lstm_60s,
    gru,
    cnn_lstm,
    transformer,
    tcn,
)
FAMILIES: Final[Mapping[str, Family]] = MappingProxyType({module.FAMILY.name: module.FAMILY for module in _MODULES})


def family_of(name: str) -> Family:
    """Return the family of that name; ConfigError when there is none."""
    if name not in FAMILIES:
        raise ConfigError(f"model.family is {name!r}. Known: {', '.join(FAMILIES)}")
    return FAMILIES[name]
