"""What real sensors make of a temperature: lag, noise, steps, holding, drift, spikes, breaks and silence.

Input and output are degC on the 0.5 s grid; NaN in the output means that the node had nothing plausible to send (open
or shorted element, unplugged cable), as the plausibility check at run time decides.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .data import INTERVAL_S

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sensor:
    """One sensor model: first-order lag s, white noise K, resolution K, samples per new value, drift K per sqrt(h)."""

    name: str
    lag_s: tuple[float, float]
    noise_k: tuple[float, float]
    step_k: tuple[float, ...]
    hold: tuple[int, ...]
    drift_k: float


POWER_ON_C: Final = 85.0

# Lags are those of the element clamped to a surface, steps those of the converters' data sheets
# (MAX31865 1/32 K, DS18B20 1/16 K at 12 bit and 1/2 K at 9 bit, MAX6675 1/4 K, 10-bit ADC on an NTC about 0.1 K).
SENSORS: Final = (
    Sensor("pt100", (0.8, 6.0), (0.008, 0.06), (0.03125,), (1,), 0.02),
    Sensor("pt100_1hz", (0.8, 6.0), (0.008, 0.06), (0.03125, 0.1), (2,), 0.02),
    Sensor("thermocouple", (0.2, 2.0), (0.01, 0.12), (0.0, 0.01), (1, 2), 0.05),
    Sensor("max6675", (0.5, 3.0), (0.05, 0.15), (0.25,), (1,), 0.05),
    Sensor("ds18b20", (3.0, 10.0), (0.005, 0.04), (0.0625, 0.125, 0.25, 0.5), (2,), 0.02),
    Sensor("ntc", (1.0, 6.0), (0.02, 0.15), (0.1,), (1, 2), 0.05),
)


def lag(temp_c: FloatArray, lag_s: float) -> FloatArray:
    """Return the response of a first-order sensor that starts in equilibrium; exact for a held input."""
    if lag_s <= 0.0:
        return temp_c.copy()
    keep = float(np.exp(-INTERVAL_S / lag_s))
    response = np.empty_like(temp_c)
    value = float(temp_c[0])
    for index, target in enumerate(temp_c.tolist()):
        value = target + (value - target) * keep
        response[index] = value
    return response


def quantise(temp_c: FloatArray, step_k: float) -> FloatArray:
    """Round to multiples of ``step_k``; 0 leaves the values as they are."""
    return temp_c.copy() if step_k == 0.0 else np.asarray(np.round(temp_c / step_k) * step_k)


def hold(temp_c: FloatArray, samples: int) -> FloatArray:
    """Repeat every ``samples``-th value, as a slow converter polled too often does."""
    index = np.arange(len(temp_c))
    return np.asarray(temp_c[index - index % samples])


def follow(rng: np.random.Generator, temp_c: FloatArray, sensor: Sensor) -> FloatArray:
    """Return what the element itself is at: the temperature through a lag drawn for this sensor."""
    return lag(temp_c, float(rng.uniform(*sensor.lag_s)))


def report(rng: np.random.Generator, clean_c: FloatArray, sensor: Sensor) -> FloatArray:
    """Return what is read of an element at ``clean_c``: noise, drift, holding and steps."""
    noise_k = float(np.exp(rng.uniform(*np.log(sensor.noise_k))))
    wander = np.cumsum(rng.normal(0.0, sensor.drift_k * np.sqrt(INTERVAL_S / 3600.0), len(clean_c)))
    raw = clean_c + wander + rng.normal(0.0, noise_k, len(clean_c))
    return quantise(hold(raw, int(rng.choice(sensor.hold))), float(rng.choice(sensor.step_k)))


def measure(rng: np.random.Generator, temp_c: FloatArray, sensor: Sensor) -> tuple[FloatArray, FloatArray]:
    """Return (clean, measured): the sensor's lagged truth, and the same with noise, drift, steps and holding."""
    clean_c = follow(rng, temp_c, sensor)
    return clean_c, report(rng, clean_c, sensor)


def add_spikes(rng: np.random.Generator, temp_c: FloatArray, per_hour: float) -> FloatArray:
    """Add one or two samples in a row that are off by up to 15 K (crosstalk of a switching load)."""
    spiked = temp_c.copy()
    count = rng.poisson(per_hour * len(temp_c) * INTERVAL_S / 3600.0)
    where = rng.integers(0, len(temp_c), count)
    size_k = rng.uniform(1.0, 15.0, count) * rng.choice([-1.0, 1.0], count)
    spiked[where] += size_k
    twice = (rng.random(count) < 0.3) & (where + 1 < len(temp_c))
    spiked[where[twice] + 1] += size_k[twice]
    return spiked


def add_interference(rng: np.random.Generator, temp_c: FloatArray, per_hour: float) -> FloatArray:
    """Add stretches of 1 to 60 s in which every reading is off by 0.2 to 4 K rms (a charger or motor nearby)."""
    disturbed = temp_c.copy()
    for _ in range(rng.poisson(per_hour * len(temp_c) * INTERVAL_S / 3600.0)):
        start = int(rng.integers(0, len(temp_c)))
        part = disturbed[start : start + int(np.exp(rng.uniform(0.0, np.log(60.0))) / INTERVAL_S)]
        part += rng.normal(0.0, np.exp(rng.uniform(np.log(0.2), np.log(4.0))), len(part))
    return disturbed


def add_restarts(rng: np.random.Generator, temp_c: FloatArray, per_hour: float) -> FloatArray:
    """Replace stretches by silence of 0.5 to 20 s and then one to four readings that mean nothing.

    Converters report such a value before their first conversion; that of the DS18B20 is 85 degC (data sheet).
    """
    restarted = temp_c.copy()
    for _ in range(rng.poisson(per_hour * len(temp_c) * INTERVAL_S / 3600.0)):
        start = int(rng.integers(0, len(temp_c)))
        back = start + int(np.exp(rng.uniform(np.log(0.5), np.log(20.0))) / INTERVAL_S)
        restarted[start:back] = np.nan
        first_c = POWER_ON_C if rng.random() < 0.5 else rng.uniform(-20.0, 100.0)
        restarted[back : back + int(rng.integers(1, 5))] = first_c
    return restarted


def add_offset_steps(rng: np.random.Generator, temp_c: FloatArray, per_hour: float) -> FloatArray:
    """Add lasting jumps of 0.3 to 8 K within one sample (a connector that changes its resistance)."""
    stepped = temp_c.copy()
    for _ in range(rng.poisson(per_hour * len(temp_c) * INTERVAL_S / 3600.0)):
        stepped[rng.integers(0, len(temp_c)) :] += np.exp(rng.uniform(np.log(0.3), np.log(8.0))) * rng.choice(
            [-1.0, 1.0]
        )
    return stepped


def add_silence(rng: np.random.Generator, temp_c: FloatArray, per_hour: float, longest_s: float = 120.0) -> FloatArray:
    """Replace stretches by NaN: cable off, element open, node rebooting."""
    silent = temp_c.copy()
    for _ in range(rng.poisson(per_hour * len(temp_c) * INTERVAL_S / 3600.0)):
        start = int(rng.integers(0, len(temp_c)))
        silent[start : start + int(rng.uniform(1.0, longest_s) / INTERVAL_S)] = np.nan
    return silent
