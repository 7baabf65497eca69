"""The numpy engine: the same answers as ONNX Runtime, whatever the windows, and a bounded reader in front of it."""

from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from time import process_time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from btr_core.risk.card import load_card
from btr_core.risk.numpy_engine import NumpyRiskEngine
from btr_core.risk.onnx_file import read_onnx
from btr_core.risk.onnx_wire import MAX_FIELDS, Message, RefusedError, as_fixed, as_int, as_ints
from btr_core.risk.ops.arena import Arena

from .fuzz_models import FIXTURES, SHIPPED, varint

FAMILIES = sorted((FIXTURES / "families").glob("*.onnx"))
CARD = load_card(FIXTURES / "rate.json")
has_runtime = pytest.mark.skipif(find_spec("onnxruntime") is None, reason="ONNX Runtime is not installed here")


def ten_thousand_windows() -> np.ndarray:
    """Quiet, wandering, stepping, running away, constant, and at the ends of what a sensor or a float32 can say."""
    random = np.random.default_rng(20)
    quiet = random.uniform(-40, 120, (2500, 1)) + random.normal(0, 0.1, (2500, 60))
    wandering = random.uniform(-40, 120, (2500, 1)) + random.normal(0, 1, (2500, 60)).cumsum(axis=1)
    place = random.integers(1, 60, (2000, 1))
    steps = np.where(np.arange(60) < place, *random.uniform(-60, 250, (2, 2000, 1)))
    rise = np.exp(np.linspace(0, 1, 60) * random.uniform(0, 6, (2000, 1))) - 1
    runaway = 25 + rise * random.uniform(0.1, 3, (2000, 1)) + random.normal(0, 0.05, (2000, 60))
    constant = np.repeat(random.uniform(-300, 2000, (900, 1)), 60, axis=1)
    ends = random.choice([-3.4e38, -1e9, -273.15, -0.0, 0.0, 1e-38, 200.0, 1e9, 3.4e38], (100, 60))
    return np.concatenate([quiet, wandering, steps, runaway, constant, ends]).astype(np.float32)


@has_runtime
@pytest.mark.parametrize("path", [SHIPPED, *FAMILIES], ids=lambda path: path.stem)
def test_m3_numpy_and_onnx_runtime_agree_on_ten_thousand_windows(path: Path):
    from btr_core.risk.onnx_engine import OnnxRiskEngine

    model, windows = path.read_bytes(), ten_thousand_windows()
    assert windows.shape == (10_000, 60)
    by_numpy = NumpyRiskEngine(model, CARD).predict(windows)
    by_runtime = OnnxRiskEngine(model, CARD).predict(windows)
    assert np.abs(by_numpy - by_runtime).max() <= 1e-5


@pytest.mark.parametrize("path", [SHIPPED, *FAMILIES], ids=lambda path: path.stem)
def test_a_window_means_the_same_in_any_piece_of_any_batch(path: Path):
    windows = ten_thousand_windows()[::9][:700]
    engine = NumpyRiskEngine(path.read_bytes(), CARD)
    together = engine.predict(windows)
    for at in (0, 255, 256, 699):
        assert engine.predict(windows[at : at + 1])[0] == pytest.approx(together[at], abs=1e-6)


def test_predicting_changes_neither_the_windows_nor_the_next_answer():
    engine = NumpyRiskEngine(SHIPPED.read_bytes(), CARD)
    windows = ten_thousand_windows()[3000:3300]
    before = windows.copy()
    first = engine.predict(windows)
    engine.predict(windows[::-1].copy())
    np.testing.assert_array_equal(engine.predict(windows), first)
    np.testing.assert_array_equal(windows, before)


def test_threads_that_ask_at_once_get_their_own_answers():
    engine = NumpyRiskEngine(SHIPPED.read_bytes(), CARD)
    parts = np.split(ten_thousand_windows()[::5], 8)
    alone = [engine.predict(part) for part in parts]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(engine.predict, parts))
    for answer, expected in zip(together, alone, strict=True):
        np.testing.assert_array_equal(answer, expected)


def test_memory_of_a_run_serves_the_next_one_of_its_size_and_no_other():
    arena = Arena()
    arena.start(128)
    first = arena.empty((128, 300), np.dtype(np.float32))
    arena.take_back(first.transpose())
    again = arena.like(np.empty((300, 128), np.float32).T)
    assert again.shape == (128, 300)
    assert again.strides == (4, 512)
    assert np.shares_memory(first, again)
    assert not np.shares_memory(again, arena.empty((128, 300), np.dtype(np.float32)))
    arena.take_back(again)
    arena.start(64)
    assert not np.shares_memory(first, arena.empty((128, 300), np.dtype(np.float32)))


# The reader


def message(data: bytes) -> Message:
    return Message(memoryview(data), "a test")


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=300), st.integers(0, 3))
def test_numbers_of_a_list_are_read_packed_or_one_by_one(numbers, after):
    patterns = [number % 2**64 for number in numbers]
    packed = b"".join(map(varint, patterns))
    apart = b"".join(varint(8 << 3) + varint(pattern) for pattern in patterns)
    rest = [b"", b"\x12\x02hi", b"\x12\x20" + b"\xff" * 32, b"\x48\x05"][after]
    found = list(message(apart + rest).fields())
    assert found[0][0] == 8
    assert as_ints(found[0][1], "x").tolist() == numbers
    assert as_int(found[0][1], "x") == numbers[-1]
    assert len(found) == 1 + bool(after)
    assert as_ints(memoryview(packed), "x").tolist() == numbers


@given(st.lists(st.floats(width=32), min_size=1, max_size=300))
def test_floats_of_a_list_are_read_packed_or_one_by_one(numbers):
    array = np.array(numbers, "<f4")
    apart = b"".join(b"\x3d" + value.tobytes() for value in array)
    ((number, value),) = message(apart).fields()
    assert number == 7
    np.testing.assert_array_equal(as_fixed(value, np.float32, "x"), array)
    np.testing.assert_array_equal(as_fixed(memoryview(array.tobytes()), np.float32, "x"), array)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\x08", id="no value"),
        pytest.param(b"\x08\xff", id="cut off"),
        pytest.param(b"\x08" + b"\xff" * 11, id="endless"),
        pytest.param(b"\x0a\x05abc", id="too short"),
        pytest.param(b"\x0d\x01\x02", id="half a float"),
        pytest.param(b"\x0b", id="a group"),
        pytest.param(b"\x00\x01", id="number 0"),
        pytest.param(b"\x08\x01\x08", id="second cut off"),
    ],
)
def test_i6_a_damaged_message_is_refused(data):
    with pytest.raises(RefusedError, match=r"the file is .*(damaged|truncated)"):
        list(message(data).fields())


def test_i6_more_fields_than_any_model_has_are_refused_before_they_are_kept():
    with pytest.raises(RefusedError, match=f"more than {MAX_FIELDS} fields"):
        read_onnx(b"\x0a\x00\x12\x00" * (MAX_FIELDS // 2 + 1))


def test_i6_many_short_runs_cost_no_more_than_their_share():
    attribute = b"\x0a\x01a" + b"\x40\x01\x40\x01\x18\x01" * 600_000
    node = b"\x2a" + varint(len(attribute)) + attribute
    graph = b"\x0a" + varint(len(node)) + node
    started_s = process_time()
    with pytest.raises(RefusedError, match=f"more than {MAX_FIELDS} fields"):
        read_onnx(b"\x3a" + varint(len(graph)) + graph + b"\x42\x02\x10\x11")
    assert process_time() - started_s < 2.0
