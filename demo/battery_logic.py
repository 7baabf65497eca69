"""What the simulated battery node measures and decides. Pure: time and temperature come in, fields go out.

Grading and override are those of the original node, flaws included, because they are what BTR corrects.
"""

import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np

WRAP_MS = 2**32
"""The device's clock counts milliseconds in 32 bits."""
OVERRIDE_HOLD_S = 60.0
"""An override ends after so long of uninterrupted local NORMAL."""
ORIGINAL_MAX_BYTES = 243
"""The original drops longer messages: its MQTT buffer has 256 bytes."""
GAS_READY_S = 180.0
"""Warm-up of the MQ sensors."""
RATE_SPAN_SAMPLES = 5
"""Five samples at 2 Hz span 2 s."""
PT100_MIN_C, PT100_MAX_C = -242.02, 988.79
"""What a shorted and an open PT100 read through a MAX31865; nothing lies outside."""
VENT_C = 110.0
"""Above this a runaway cell has opened and gas reaches the sensors."""

Fields = dict[str, float | int | str | bool | None]


class Grade(IntEnum):
    """The node's three grades; the word that it sends is the name."""

    NORMAL = 0
    WARNING = 1
    DANGER = 2


OVER_LIMIT: Mapping[str, float] = {
    "temp_ambient_c": 50.0,
    "temp_internal_c": 50.0,
    "humidity_percent": 80.0,
    "mq2_ppm": 100.0,
    "mq4_ppm": 100.0,
    "mq8_ppm": 200.0,
    "mq7_ppm": 500.0,
    "max30105_smoke": 750.0,
    "max30105_temp_c": 50.0,
}
"""A value above its limit counts one."""
VOC_UNDER_LIMIT = 200.0
"""The original counts a VOC value *below* this, since its raw signal falls with more VOC."""


def local_grade(fields: Mapping[str, object]) -> Grade:
    """The original grading: no channel over its limit is NORMAL, one or two WARNING, three or more DANGER.

    ``voc_index`` counts only where it is the original's raw signal, that is, where no ``voc_raw`` stands beside it.
    """

    def number(name: str) -> float | None:
        value = fields.get(name)
        return float(value) if isinstance(value, int | float) else None

    over = sum((value := number(name)) is not None and value > limit for name, limit in OVER_LIMIT.items())
    voc = number("voc_raw" if "voc_raw" in fields else "voc_index")
    over += voc is not None and voc < VOC_UNDER_LIMIT
    return Grade.DANGER if over >= 3 else Grade.WARNING if over else Grade.NORMAL


@dataclass(slots=True)
class Override:
    """A grade ordered from outside: it hides the local one until that was NORMAL for 60 s without a break."""

    grade: Grade | None = None
    _normal_since_s: float | None = None

    def order(self, word: str) -> bool:
        """Take a word from the topic ``statue``; whether it was one that the node knows."""
        grade = next((grade for grade in Grade if grade.name.lower() == word), None)
        if grade is None:
            return False
        self.grade, self._normal_since_s = grade, None
        return True

    def effective(self, local: Grade, now_s: float) -> Grade:
        """The grade that the node shows."""
        if self.grade is None:
            return local
        if local is not Grade.NORMAL:
            self._normal_since_s = None
        elif self._normal_since_s is None:
            self._normal_since_s = now_s
        elif now_s - self._normal_since_s >= OVERRIDE_HOLD_S:
            self.grade = self._normal_since_s = None
            return local
        return self.grade


@dataclass(slots=True)
class Sensors:
    """Plausible readings around a cell of a known temperature.

    With ``vents`` a cell above 110 degC opens: gas, smoke and heat reach the node, and stay for minutes. Without it
    the air stays as it is, so that nothing but the temperature tells.
    """

    vents: bool
    seed: int = 1
    room_c: float = 23.0
    _air_c: float = field(default=23.4, init=False)
    _smoke_chip_c: float = field(default=24.6, init=False)
    _gas: float = field(default=0.0, init=False)
    _random: np.random.Generator = field(init=False)

    def __post_init__(self) -> None:
        """Make the noise repeatable."""
        self._random = np.random.default_rng(self.seed)

    def read(self, cell_c: float, dt_s: float) -> dict[str, float]:
        """Readings of all channels by their names on the wire, ``dt_s`` after the reading before."""
        venting = self.vents and cell_c > VENT_C
        # gas fills the enclosure within seconds and clears within minutes
        self._gas += (float(venting) - self._gas) * dt_s / (6.0 if venting else 240.0)
        # a hot cell warms the air at the node by some kelvin; jets of gas do by far more
        warmed_c = self.room_c + min(8.0, 0.02 * max(0.0, cell_c - self.room_c)) + 22.0 * self._gas
        self._air_c += (warmed_c - self._air_c) * dt_s / 20.0
        self._smoke_chip_c += (warmed_c + 1.2 - self._smoke_chip_c) * dt_s / 35.0
        noise = self._random.standard_normal(9)
        return {
            "temp_ambient_c": self._air_c + 0.02 * noise[0],
            "temp_internal_c": float(np.clip(cell_c + 0.02 * noise[1], PT100_MIN_C, PT100_MAX_C)),
            "humidity_percent": 45.0 + 12.0 * self._gas - 0.5 * (self._air_c - self.room_c) + 0.1 * noise[2],
            "mq2_ppm": 15.0 + 420.0 * self._gas + 0.3 * noise[3],
            "mq4_ppm": 12.0 + 310.0 * self._gas + 0.3 * noise[4],
            "mq8_ppm": 8.5 + 560.0 * self._gas + 0.3 * noise[5],
            "mq7_ppm": 22.0 + 380.0 * self._gas + 0.3 * noise[6],
            "voc_raw": 285.0 - 130.0 * self._gas + 0.5 * noise[7],
            "max30105_smoke": max(0.0, 120.0 + 1400.0 * self._gas + 2.0 * noise[8]),
            "max30105_temp_c": self._smoke_chip_c,
        }


@dataclass(slots=True)
class BatteryNode:
    """One node: readings, local grade, override, and its messages.

    ``extended`` adds what our firmware says beyond the original message.
    """

    sensors: Sensors
    extended: bool
    override: Override = field(default_factory=Override)
    _seq: int = field(default=0, init=False)
    _last_s: float | None = field(default=None, init=False)
    _internal: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=RATE_SPAN_SAMPLES), init=False)

    def sample(self, now_s: float, cell_c: float) -> Fields:
        """The fields of one telemetry message, ``now_s`` seconds after boot."""
        readings = self.sensors.read(cell_c, 0.0 if self._last_s is None else now_s - self._last_s)
        self._last_s = now_s
        self._internal.append((now_s, readings["temp_internal_c"]))
        fields: Fields = {"timestamp_ms": round(now_s * 1000) % WRAP_MS}
        for name in ("temp_ambient_c", "temp_internal_c", "humidity_percent"):
            fields[name] = round(readings[name], 2)
        for name in ("mq2_ppm", "mq4_ppm", "mq8_ppm", "mq7_ppm"):
            fields[name] = round(readings[name], 1)
        fields["voc_index"] = round(readings["voc_raw"], 1)
        fields["max30105_smoke"] = round(readings["max30105_smoke"])
        fields["max30105_temp_c"] = round(readings["max30105_temp_c"], 2)
        local = local_grade(fields)
        fields["status"] = self.override.effective(local, now_s).name
        if self.extended:
            fields.update(self._extension(now_s, readings["voc_raw"], local))
        return fields

    def _extension(self, now_s: float, voc_raw: float, local: Grade) -> Fields:
        self._seq += 1
        (first_s, first_c), (last_s, last_c) = self._internal[0], self._internal[-1]
        return {
            # the Sensirion index: 100 is usual, 500 the most
            "voc_index": round(min(500.0, max(1.0, 100.0 + 3.0 * (285.0 - voc_raw)))),
            "voc_raw": round(voc_raw, 1),
            "seq": self._seq,
            "uptime_s": int(now_s),
            "local_status": local.name,
            "override": self.override.grade.name if self.override.grade is not None else None,
            "fault": 0,
            "gas_ready": now_s >= GAS_READY_S,
            "rate_c_per_s": round((last_c - first_c) / (last_s - first_s), 3) if last_s > first_s else None,
        }

    def encode(self, fields: Fields) -> str | None:
        """The message, or None when the original's buffer cannot hold it and the node falls silent."""
        if self.extended:
            return json.dumps(fields, separators=(",", ":"))
        # the original prints fixed decimals: two for temperatures and humidity, one for gases
        text = ",".join(f'"{name}":{_original_number(name, value)}' for name, value in fields.items())
        payload = f"{{{text}}}"
        return payload if len(payload) <= ORIGINAL_MAX_BYTES else None


def _original_number(name: str, value: object) -> str:
    if isinstance(value, float):
        return f"{value:.2f}" if name.endswith(("_c", "_percent")) else f"{value:.1f}"
    return json.dumps(value)
