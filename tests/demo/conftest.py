"""What the tests of the device programs share: an ear on their broker."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from demo.broker import HOST, Broker
from demo.device import Link

PATIENCE_S = 30.0


@dataclass
class Listener:
    """Everything that is said on the broker, and a voice of our own."""

    broker: Broker
    heard: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        everything = [("#", 1)]
        self.link = Link(
            "listener", (HOST, self.broker.port), everything, self._take, lambda: None, tell=lambda *_, **__: None
        )
        self.link.start()

    def _take(self, topic: str, text: str) -> None:
        self.heard.append((topic, text))

    async def wait(self, topic: str, is_it: Callable[[Any], bool] = lambda _: True) -> Any:
        """The first message on that topic, JSON or a word, of which it is true; what came before it is forgotten."""
        deadline = asyncio.get_running_loop().time() + PATIENCE_S
        while asyncio.get_running_loop().time() < deadline:
            while self.heard:
                heard_topic, text = self.heard.pop(0)
                if heard_topic != topic:
                    continue
                message = json.loads(text) if text.startswith("{") else text
                if is_it(message):
                    return message
            await asyncio.sleep(0.05)
        pytest.fail(f"nothing of the kind on {topic}")


@pytest.fixture
async def listener(broker) -> AsyncIterator[Listener]:
    listening = Listener(broker)
    await asyncio.sleep(0.5)
    yield listening
    listening.link.drop()
