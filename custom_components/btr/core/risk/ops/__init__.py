"""The operators of ONNX that this package can run: the one table behind the allow-list and the numpy engine."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from . import elementwise, linear, reducing, shaping
from .base import Operator

TABLES: Final[Mapping[str, Mapping[str, Operator]]] = MappingProxyType(
    {
        "ai.onnx": MappingProxyType(
            {
                **elementwise.OPERATORS,
                **linear.OPERATORS,
                **reducing.OPERATORS,
                **shaping.OPERATORS,
            }
        ),
        "ai.onnx.ml": MappingProxyType({}),
    }
)
