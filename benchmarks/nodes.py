"""Quiet battery nodes with the noise of real sensors: what a message carries when nothing happens.

Nothing in a message repeats for long, as in life: that is what makes the difference between writing every value and
writing what moved. Noise is Gaussian, independent from message to message, which is harder on a filter than drift is.
"""

import json
from dataclasses import dataclass
from random import Random

TOPIC = "btr/{id}/sensor"
PERIOD_S = 0.5


@dataclass(frozen=True, slots=True)
class Channel:
    """One field of the telemetry: its usual value, one standard deviation of its noise, and its decimals."""

    name: str
    usual: float
    sigma: float
    decimals: int


CHANNELS = (
    Channel("temp_ambient_c", 24.5, 0.02, 2),  # SHT4x: repeatability 0.04 degC is about two sigma
    Channel("temp_internal_c", 25.1, 0.05, 2),  # PT100 with MAX31865 on three wires
    Channel("humidity_percent", 45.2, 0.15, 2),  # SHT4x: repeatability 0.25 % is about two sigma
    Channel("mq2_ppm", 15.3, 0.153, 1),  # gases and smoke: one percent
    Channel("mq4_ppm", 12.1, 0.121, 1),
    Channel("mq8_ppm", 8.5, 0.085, 1),
    Channel("mq7_ppm", 22.0, 0.22, 1),
    Channel("voc_index", 285.0, 2.85, 1),
    Channel("max30105_smoke", 120.0, 1.2, 0),
    Channel("max30105_temp_c", 26.0, 0.0625, 2),  # one step of its converter
)
FIELDS = ("timestamp_ms", *(channel.name for channel in CHANNELS), "status")
"""The twelve fields of the original telemetry, in no particular order."""


def node_id(index: int) -> str:
    """``bench001`` for 0: the id in the topic."""
    return f"bench{index + 1:03d}"


class QuietNode:
    """One node with its own small offsets, as no two sensors agree."""

    def __init__(self, index: int) -> None:
        """The same index gives the same messages in every run."""
        self._random = Random(index)
        self.topic = TOPIC.format(id=node_id(index))
        self._usual = {channel: channel.usual * self._random.uniform(0.97, 1.03) for channel in CHANNELS}

    def payload(self, timestamp_ms: int) -> bytes:
        """The next message, in the twelve fields of the original node."""
        message: dict[str, float | str] = {"timestamp_ms": timestamp_ms}
        for channel, usual in self._usual.items():
            value = round(self._random.gauss(usual, channel.sigma), channel.decimals)
            message[channel.name] = value if channel.decimals else int(value)
        message["status"] = "NORMAL"
        return json.dumps(message, separators=(",", ":")).encode()
