"""The operators of ONNX that this package can run: the one table behind the allow-list and the numpy engine."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from . import activations, classic, elementwise, linear, recurrent, reducing, shaping, trees
from .base import Operator

TABLES: Final[Mapping[str, Mapping[str, Operator]]] = MappingProxyType(
    {
        "ai.onnx": MappingProxyType(
            {
                **activations.OPERATORS,
                **elementwise.OPERATORS,
                **linear.OPERATORS,
                **recurrent.OPERATORS,
                **reducing.OPERATORS,
                **shaping.OPERATORS,
            }
        ),
        "ai.onnx.ml": MappingProxyType({**classic.OPERATORS, **trees.OPERATORS}),
    }
)
