"""Everything that raises alarms, side by side.

Fixed limits, rate rules, BTR's rules without a model, the model alone, and both together as Home Assistant runs them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Final

import numpy as np

from btr_core.risk.card import ModelCard, Vote
from btr_core.risk.engine import load_engine
from btr_core.risk.rule_engine import RULE_CARD, RuleEngine

from .replay import Alarm, probabilities, replay_limit, replay_monitor, replay_policy
from .windows import Float32Array

GB_CARD: Final = replace(RULE_CARD, name="rate rule 1", alarm=Vote(1.0, 1, 1), warning=Vote(1.0, 1, 1))
# temperatures -> alarms: the same whatever the model, so a contest of many models asks once
RULES: Final[dict[str, Callable[[Float32Array], list[Alarm]]]] = {
    "limit_50": lambda temp_c: replay_limit(temp_c, 50.0),
    "limit_60": lambda temp_c: replay_limit(temp_c, 60.0),
    "rule_1.0": lambda temp_c: replay_policy(GB_CARD, probabilities(RuleEngine(GB_CARD), temp_c)),
    "rule_0.5": lambda temp_c: replay_policy(RULE_CARD, probabilities(RuleEngine(), temp_c)),
    "rules": replay_monitor,
}
# (card of the model, temperatures, the model's answers) -> alarms
MODELS: Final[dict[str, Callable[[ModelCard, Float32Array, Float32Array], list[Alarm]]]] = {
    "model": lambda card, _temp_c, risks: replay_policy(card, risks),
    "fused": lambda card, temp_c, risks: replay_monitor(temp_c, card, risks),
}
METHODS: Final = (*RULES, *MODELS)

# What rules raise on traces, by rule and SHA-256 of the temperatures.
Ruled = Mapping[tuple[str, str], tuple[Alarm, ...]]
_RULED: Final[dict[tuple[str, str], tuple[Alarm, ...]]] = {}


@dataclass(frozen=True, slots=True, eq=False)
class Replayed:
    """One trace in degC at 2 Hz, the model's probability at each sample (NaN: no window), the alarms by method."""

    temp_c: Float32Array
    risks: Float32Array
    alarms: dict[str, list[Alarm]]

    @property
    def counts(self) -> dict[str, int]:
        """Number of alarms by method."""
        return {method: len(alarms) for method, alarms in self.alarms.items()}


def replay(model: Path, temp_c: Float32Array, methods: Sequence[str] = METHODS, flat_stride: int = 1) -> Replayed:
    """Return what the methods make of one trace; ``flat_stride`` as in :func:`~.replay.probabilities`."""
    engine = load_engine(model)
    risks = probabilities(engine, temp_c, flat_stride)
    ruled = apply_rules(temp_c, methods)
    alarms = {method: list(raised) for (method, _), raised in ruled.items()}
    alarms |= {method: MODELS[method](engine.card, temp_c, risks) for method in methods if method in MODELS}
    return Replayed(temp_c, risks, alarms)


def apply_rules(temp_c: Float32Array, methods: Iterable[str]) -> Ruled:
    """Return what those of the methods that are rules raise on a trace; a process asks each of them once."""
    digest = sha256(np.ascontiguousarray(temp_c, np.float32).tobytes()).hexdigest()
    ruled = {}
    for key in ((method, digest) for method in methods if method in RULES):
        if key not in _RULED:
            _RULED[key] = tuple(RULES[key[0]](temp_c))
        ruled[key] = _RULED[key]
    return ruled


def remember_rules(ruled: Ruled) -> None:
    """Take over what another process found, so that this one need not ask again."""
    _RULED.update(ruled)
