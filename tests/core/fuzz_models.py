"""Damaged model files, and what the numpy engine makes of them: ``python -m tests.core.fuzz_models --count 100000``.

Half of the damage is done to the bytes (flips, splices, cuts), half to the fields of the protobuf with all lengths put
right again, so that it gets past the reader: other numbers, names, operators, parts left out, doubled or taken from
another model. The quick test and the long run use the same code.
"""

import argparse
import resource
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from time import process_time

import numpy as np

from btr_core.errors import EngineError, ModelCardError
from btr_core.risk.card import ModelCard, load_card
from btr_core.risk.inspect import OPERATORS, inspect_model
from btr_core.risk.numpy_engine import NumpyRiskEngine

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "tests" / "fixtures" / "models"
SHIPPED = ROOT / "custom_components" / "btr" / "models" / "battery_risk.onnx"
LIMIT_S, LIMIT_MIB = 1.0, 200
# Where a field holds another message: kind of message -> field number -> kind.
INNER = {
    "model": {7: "graph", 8: "opset", 14: "entry"},
    "graph": {1: "node", 5: "tensor", 11: "info", 12: "info"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor"},
    "info": {2: "type"},
    "type": {1: "tensor type"},
    "tensor type": {2: "shape"},
    "shape": {1: "dimension"},
}
NUMBERS = (
    0,
    1,
    2,
    3,
    5,
    7,
    8,
    16,
    60,
    61,
    127,
    128,
    255,
    4096,
    65535,
    10**6,
    2**31 - 1,
    2**31,
    2**32,
    2**63 - 1,
    2**63,
)
WORDS = [name.encode() for table in OPERATORS.values() for name in sorted(table)]
WORDS += [
    b"axis",
    b"axes",
    b"kernel_shape",
    b"pads",
    b"strides",
    b"group",
    b"perm",
    b"to",
    b"ai.onnx.ml",
    b"windows",
    b"",
    b"\xff",
]


def bases() -> list[bytes]:
    """The sound models that are damaged."""
    paths = [SHIPPED, FIXTURES / "rate.onnx", *sorted((FIXTURES / "families").glob("*.onnx"))]
    return [path.read_bytes() for path in paths]


@dataclass(frozen=True)
class Field:
    """One field of a message: an int, bytes, or the fields of an inner message; ``raw`` as it stood in the file."""

    number: int
    wire: int
    value: "int | bytes | list[Field]"
    raw: bytes = b""


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def read_varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        at += 1
        if data[at - 1] < 0x80:
            return value, at
        shift += 7


def parse(data: bytes, kind: str = "model") -> list[Field]:
    """The fields of a sound message."""
    fields, at = [], 0
    while at < len(data):
        start = at
        key, at = read_varint(data, at)
        number, wire = key >> 3, key & 7
        value: int | bytes | list[Field]
        if wire == 0:
            value, at = read_varint(data, at)
        else:
            size, at = read_varint(data, at) if wire == 2 else ({5: 4, 1: 8}[wire], at)
            value, at = data[at : at + size], at + size
        inner = INNER.get(kind, {}).get(number)
        if inner is None:
            fields.append(Field(number, wire, value, data[start:at]))
        else:
            fields.append(Field(number, wire, parse(value, inner)))
    return fields


def encode(fields: list[Field]) -> bytes:
    """The message with these fields, every length as it should be."""
    return b"".join(field.raw or encoded(field) for field in fields)


def encoded(field: Field) -> bytes:
    key = varint(field.number << 3 | field.wire)
    if isinstance(field.value, int):
        return key + varint(field.value)
    part = encode(field.value) if isinstance(field.value, list) else field.value
    return key + varint(len(part)) + part if field.wire == 2 else key + part


def messages(fields: list[Field]) -> Iterator[list[Field]]:
    """All messages within one, itself first."""
    yield fields
    for field in fields:
        if isinstance(field.value, list):
            yield from messages(field.value)


class Model:
    """A sound model: its bytes, its fields, and all messages within it that have any."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.fields = parse(data)
        self.messages = [found for found in messages(self.fields) if found]


def damage_fields(model: Model, other: Model, random: Random) -> bytes:
    """Change one field somewhere, or a few."""
    changed = [random.choice(model.messages) for _ in range(random.choice((1, 1, 2, 4)))]
    before = [(message, message.copy()) for message in changed]
    for message in changed:
        if message:
            damage_message(message, other, random)
    data = encode(model.fields)
    for message, fields in reversed(before):
        message[:] = fields
    return data


def damage_message(message: list[Field], other: Model, random: Random) -> None:
    """Change one field: left out, doubled, moved, taken from another model, or with another value."""
    at = random.randrange(len(message))
    field, what = message[at], random.random()
    if what < 0.1:
        del message[at]
    elif what < 0.2:
        message.insert(random.randrange(len(message) + 1), field)
    elif what < 0.3:
        taken = random.choice(random.choice(other.messages))
        # as bytes: a message put into itself has no end
        message[at] = Field(taken.number, taken.wire, taken.value, encode([taken]))
    elif what < 0.35:
        message[at] = Field(random.randrange(1, 27), field.wire, field.value)
    else:
        message[at] = Field(field.number, field.wire, another_value(field, random))


def another_value(field: Field, random: Random) -> "int | bytes | list[Field]":
    if isinstance(field.value, int):
        return random.choice(NUMBERS) if random.random() < 0.7 else field.value ^ 1 << random.randrange(63)
    if isinstance(field.value, list):
        return random.sample(field.value, len(field.value))
    if field.wire != 2:
        return random.randbytes(len(field.value))
    if random.random() < 0.5 and len(field.value) < 40:
        return random.choice(WORDS)
    cut = random.randrange(len(field.value) + 1)
    return random.choice([field.value[:cut], field.value * 2, flip(field.value, random), random.randbytes(cut)])


def flip(data: bytes, random: Random) -> bytes:
    changed = bytearray(data)
    for _ in range(random.randint(1, 4)):
        if changed:
            changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def damage_bytes(data: bytes, other: bytes, random: Random) -> bytes:
    """Change the bytes without regard to what they mean."""
    start = random.randrange(len(data))
    end = min(len(data), start + random.randint(1, 64))
    return random.choice(
        [
            flip(data, random),
            data[:start] + random.randbytes(end - start) + data[end:],
            data[:start] + data[end:],
            data[:end] + data[start:],
            data[:start],
            data[:start] + other[random.randrange(len(other)) :],
            data[:start] + varint(random.choice(NUMBERS)) + data[start + 1 :],
        ]
    )


def damaged(models: list[Model], random: Random) -> bytes:
    """One damaged model."""
    model, other = random.choice(models), random.choice(models)
    if random.random() < 0.5:
        return damage_bytes(model.data, other.data, random)
    return damage_fields(model, other, random)


def outcome(data: bytes, card: ModelCard, windows: np.ndarray) -> str:
    """``refused``, ``failed`` or ``works``, whose probabilities are probabilities; all else is raised."""
    try:
        inspect_model(data, "fuzz", card.sequence_length)
        engine = NumpyRiskEngine(data, card)
        risks = engine.predict(windows)
    except ModelCardError:
        return "refused"
    except EngineError:
        return "failed"
    if risks.shape != (len(windows),) or risks.dtype != np.float32 or not ((risks >= 0) & (risks <= 1)).all():
        raise AssertionError(f"the engine answered {risks}")
    return "works"


class Fuzz:
    """Damaged models one after the other, from a seed; keeps the outcomes and the longest time of the processor."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.models = [Model(data) for data in bases()]
        self.card = load_card(FIXTURES / "rate.json")
        line = 25 + 0.5 * np.arange(60, dtype=np.float32)
        self.windows = np.stack([np.full_like(line, 25), line, line[::-1] * 3 - 50])
        self.outcomes: Counter[str] = Counter()
        self.worst_s = 0.0
        self.worst = b""

    def step(self) -> None:
        data = damaged(self.models, self.random)
        started_s = process_time()
        try:
            self.outcomes[outcome(data, self.card, self.windows)] += 1
        except BaseException:
            Path("fuzz_failure.onnx").write_bytes(data)
            raise
        took_s = process_time() - started_s
        if took_s > self.worst_s:
            self.worst_s, self.worst = took_s, data


def peak_mib() -> float:
    """The most memory that this process ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.core.fuzz_models", description=__doc__)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    fuzz = Fuzz(options.seed)
    # a hang ends as an exception with the place where it happened
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    for number in range(options.count):
        signal.alarm(60)
        fuzz.step()
        if number % 10_000 == 9_999:
            print(
                f"{number + 1}: {dict(fuzz.outcomes)}, worst {fuzz.worst_s:.2f} s, peak {peak_mib():.0f} MiB",
                flush=True,
            )
    signal.alarm(0)
    if fuzz.worst_s > LIMIT_S or peak_mib() > LIMIT_MIB:
        Path("fuzz_worst.onnx").write_bytes(fuzz.worst)
        sys.exit(f"over the limit of {LIMIT_S} s or {LIMIT_MIB} MiB; the slowest file is fuzz_worst.onnx")


if __name__ == "__main__":
    main()
