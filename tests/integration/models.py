"""Models that a user puts into the folder, and engines that behave as a test wants."""

import json
import threading
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from homeassistant.core import HomeAssistant
from numpy.typing import NDArray

from custom_components.btr.core.errors import EngineError
from custom_components.btr.core.risk.card import ModelCard, load_card
from custom_components.btr.core.risk.engine import EngineName, RiskEngine, load_engine

MODELS = Path(__file__).parents[1] / "fixtures" / "models"
CARD = load_card(MODELS / "rate.json")

_SHORT_S = 0.002


async def until(hass: HomeAssistant, condition: Callable[[], bool]) -> None:
    """Let the loop and the threads go on until ``condition`` holds; by the true clock, whatever time is frozen at."""
    for _ in range(5000):
        if condition():
            return
        await hass.loop.run_in_executor(None, time.sleep, _SHORT_S)
    raise AssertionError("what was waited for did not happen")


type Windows = NDArray[np.float32]


def put_model(folder: Path, name: str = "mine", source: str = "rate", **changes: Any) -> str:
    """Put a model and its card into the folder; ``changes`` replace values of the card. Returns its name there."""
    model = (MODELS / f"{source}.onnx").read_bytes()
    card = json.loads((MODELS / "rate.json").read_text())
    card |= {"name": name, "sha256": sha256(model).hexdigest(), **changes}
    (folder / f"{name}.onnx").write_bytes(model)
    (folder / f"{name}.json").write_text(json.dumps(card))
    return f"{name}.onnx"


def calm(windows: Windows) -> Windows:
    """A model that sees nothing."""
    return np.zeros(len(windows), np.float32)


def alarmed(windows: Windows) -> Windows:
    """A model that sees a runaway in everything."""
    return np.ones(len(windows), np.float32)


def broken(windows: Windows) -> Windows:
    """A model that fails."""
    raise EngineError("the model answered a value that is not a number")


class TestEngine:
    """An engine that answers with ``answer`` and remembers what it was asked."""

    __test__ = False

    def __init__(
        self, answer: Callable[[Windows], Windows] = calm, card: ModelCard = CARD, name: str = "numpy"
    ) -> None:
        self.name = name
        self.card = card
        self.answer = answer
        self.asked: list[Windows] = []
        self.threads: set[threading.Thread] = set()

    def predict(self, windows: Windows) -> Windows:
        self.asked.append(windows)
        self.threads.add(threading.current_thread())
        return self.answer(windows)


class Blocked:
    """An answer that does not come before it is released."""

    def __init__(self, answer: Callable[[Windows], Windows] = calm) -> None:
        self.under_way, self.released = threading.Event(), threading.Event()
        self.answer = answer

    def __call__(self, windows: Windows) -> Windows:
        self.under_way.set()
        assert self.released.wait(30)
        return self.answer(windows)


class Engines:
    """In place of ``load_engine``: the engines of a test by the name of the model's file, the real ones for others."""

    def __init__(self) -> None:
        self.made: dict[str, RiskEngine | Exception] = {}
        self.loaded: list[tuple[str, str]] = []

    def __call__(self, path: Path, prefer: EngineName = "automatic") -> RiskEngine:
        self.loaded.append((path.name, prefer))
        made = self.made.get(path.name)
        if isinstance(made, Exception):
            raise made
        return made or load_engine(path, prefer)
