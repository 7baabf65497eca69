"""The card beside a model: what it is, how its probabilities become an alarm, and what it was measured to do."""

import hashlib
import json
from pathlib import Path
from typing import Any

from btr_core.risk.card import SCHEMA, load_card, verify

from .config import Config
from .data import HIGHEST_C, INTERVAL_S, LOWEST_C
from .families import family_of
from .graph import THRESHOLD
from .windows import LENGTH


def make_card(config: Config, model: bytes, training_sha256: str, metrics: dict[str, Any]) -> dict[str, Any]:
    """Return the card of an ONNX file; nothing in it varies between identical runs."""
    alarm = config.alarm
    return {
        "schema": SCHEMA,
        "name": config.model.name,
        "version": config.model.version,
        "family": config.model.family,
        "sequence_length": LENGTH,
        "interval_s": INTERVAL_S,
        "horizon_s": family_of(config.model.family).horizon_s,
        "alarm": {"threshold": THRESHOLD, "k": alarm.k, "n": alarm.n},
        "warning": {"threshold": alarm.warning_threshold, "k": alarm.warning_k, "n": alarm.warning_n},
        "clear": {"threshold": alarm.clear_threshold, "hold_s": alarm.clear_hold_s},
        "input_range_c": [LOWEST_C, HIGHEST_C],
        "training_data": {"sha256": training_sha256, "description": describe_data(config)},
        "metrics": metrics,
        "sha256": hashlib.sha256(model).hexdigest(),
    }


def describe_data(config: Config) -> str:
    """Return in words what the model was trained on."""
    sizes = config.simulation
    simulated = (
        f"{sizes.abused} simulated abuse tests and {sizes.benign / 2:g} h of simulated benign life, seed {sizes.seed}"
    )
    return f"{simulated}, and a folder of recordings" if config.data.recordings else simulated


def write_model(model_path: Path, model: bytes, card: dict[str, Any]) -> None:
    """Write model and card side by side, and refuse what the integration would refuse (M1)."""
    model_path.parent.mkdir(parents=True, exist_ok=True)
    card_path = model_path.with_suffix(".json")
    model_path.write_bytes(model)
    card_path.write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    verify(model, load_card(card_path))
