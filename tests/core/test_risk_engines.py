"""Every engine keeps the same contract, and a bad model ends in a clear error, never in a wrong probability."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from btr_core.errors import BtrError, EngineError, ModelCardError
from btr_core.risk import numpy_engine
from btr_core.risk.card import load_card
from btr_core.risk.engine import checked_probabilities, load_engine
from btr_core.risk.ops import base
from btr_core.risk.rule_engine import RuleEngine

MODELS = Path(__file__).parents[1] / "fixtures" / "models"
CARD = load_card(MODELS / "rate.json")
has_runtime = pytest.mark.skipif(find_spec("onnxruntime") is None, reason="ONNX Runtime is not installed here")


def rises(slope_c_per_s: float, count: int = 1) -> np.ndarray:
    line = 25.0 + slope_c_per_s * 0.5 * np.arange(60)
    return np.tile(line.astype(np.float32), (count, 1))


def model_of(name: str, folder: Path) -> Path:
    """A model file with a card that is true about it."""
    data = (MODELS / f"{name}.onnx").read_bytes()
    card = json.loads((MODELS / "rate.json").read_text("utf-8")) | {"name": name, "sha256": sha256(data).hexdigest()}
    path = folder / f"{name}.onnx"
    path.write_bytes(data)
    path.with_suffix(".json").write_text(json.dumps(card), encoding="utf-8")
    return path


ENGINES = [pytest.param("onnxruntime", marks=has_runtime), "numpy", "rules"]
MODEL_ENGINES = ENGINES[:2]


@pytest.fixture(params=ENGINES)
def engine(request):
    return load_engine(MODELS / "rate.onnx", prefer=request.param)


@pytest.mark.parametrize("name", ENGINES)
def test_the_engine_asked_for_is_what_comes(name):
    engine = load_engine(MODELS / "rate.onnx", prefer=name)
    assert engine.name == name
    assert engine.card.sequence_length == 60


def test_a_batch_gives_one_probability_per_window(engine):
    risks = engine.predict(np.concatenate([rises(0.0), rises(0.5), rises(2.0)]))
    assert risks.dtype == np.float32
    assert risks.shape == (3,)
    assert risks[0] < 0.05
    assert risks[1] == pytest.approx(0.5, abs=1e-4)
    assert risks[2] > 0.95


def test_a_window_means_the_same_alone_and_in_any_batch(engine):
    windows = np.concatenate([rises(slope) for slope in np.linspace(0, 1, 700)])
    together = engine.predict(windows)
    assert together[::97] == pytest.approx(
        [engine.predict(windows[index : index + 1])[0] for index in range(0, 700, 97)]
    )


def test_no_window_gives_no_probability(engine):
    assert engine.predict(np.empty((0, 60), dtype=np.float32)).shape == (0,)


def test_it_leaves_its_input_alone(engine):
    windows = rises(0.5, 3)
    before = windows.copy()
    engine.predict(windows)
    np.testing.assert_array_equal(windows, before)


@pytest.mark.parametrize(
    "windows",
    [
        rises(0.5)[0],
        rises(0.5)[:, :59],
        rises(0.5).astype(np.float64),
        np.full((1, 60), np.nan, dtype=np.float32),
        np.full((1, 60), np.inf, dtype=np.float32),
    ],
    ids=["one dimension", "too short", "float64", "NaN", "infinite"],
)
def test_i6_windows_of_another_shape_are_refused(engine, windows):
    with pytest.raises(EngineError, match=r"windows|finite"):
        engine.predict(windows)


def test_the_rule_needs_the_whole_three_seconds():
    window = rises(0.0)
    window[0, -5:] += np.arange(5, dtype=np.float32)
    assert RuleEngine().predict(window)[0] < 0.5


def test_a_window_too_short_for_the_rule_is_refused():
    with pytest.raises(ValueError, match="the rate rule needs 5 s"):
        RuleEngine(replace(CARD, sequence_length=8))


@pytest.mark.parametrize("engine_name", MODEL_ENGINES)
@pytest.mark.parametrize(
    ("name", "reason"), [("not_a_number", "not a number"), ("no_probability", "a probability lies between 0 and 1")]
)
def test_i6_a_model_that_gives_no_probability_is_refused_at_load(engine_name, name, reason, tmp_path):
    with pytest.raises(EngineError, match=reason):
        load_engine(model_of(name, tmp_path), prefer=engine_name)


@pytest.mark.parametrize("name", ["wrong_output_shape", "control_flow", "custom_domain", "external_data", "old_opset"])
def test_m1_a_refused_model_never_reaches_the_runtime(name, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ModelCardError):
        load_engine(model_of(name, tmp_path))


def test_i6_a_missing_model_or_card_is_said(tmp_path):
    with pytest.raises(ModelCardError, match="every model needs its card"):
        load_engine(tmp_path / "none.onnx")
    shutil.copy(MODELS / "rate.json", tmp_path / "none.json")
    with pytest.raises(ModelCardError, match="put the model file beside its card"):
        load_engine(tmp_path / "none.onnx")


def test_i6_a_huge_file_is_not_even_read(tmp_path):
    path = model_of("rate", tmp_path)
    with path.open("wb") as file:
        file.truncate(6 * 1024 * 1024)
    with pytest.raises(ModelCardError, match="a model may have at most"):
        load_engine(path)


def test_i6_without_the_runtime_numpy_runs_the_same_file(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    engine = load_engine(MODELS / "rate.onnx")
    assert engine.name == "numpy"
    assert engine.predict(rises(0.5))[0] == pytest.approx(0.5, abs=1e-4)


def test_i6_what_an_interrupted_installation_left_of_the_runtime_leaves_the_model_to_numpy(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", ModuleType("onnxruntime"))
    engine = load_engine(MODELS / "rate.onnx")
    assert engine.name == "numpy"


def test_i6_a_runtime_that_was_asked_for_and_is_missing_is_an_error(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(EngineError, match="onnxruntime cannot be imported"):
        load_engine(MODELS / "rate.onnx", prefer="onnxruntime")


def test_i6_when_no_engine_takes_the_model_each_says_why(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(EngineError, match=r"onnxruntime cannot be imported.*; .*not a number"):
        load_engine(model_of("not_a_number", tmp_path))


def with_bytes_replaced(old: bytes, new: bytes, folder: Path) -> Path:
    """The good model with some of its bytes changed, and a card that is true about it."""
    path = model_of("rate", folder)
    data = path.read_bytes().replace(old, new, 1)
    path.write_bytes(data)
    card = json.loads(path.with_suffix(".json").read_text("utf-8")) | {"sha256": sha256(data).hexdigest()}
    path.with_suffix(".json").write_text(json.dumps(card), encoding="utf-8")
    return path


@has_runtime
def test_i6_a_model_that_the_runtime_does_not_accept_is_said(tmp_path):
    path = with_bytes_replaced(b"axis", b"side", tmp_path)
    with pytest.raises(EngineError, match="onnxruntime does not accept model rate"):
        load_engine(path, prefer="onnxruntime")


@has_runtime
@pytest.mark.parametrize(("limit", "most"), [("MAX_LIVE_BYTES", 10), ("MAX_WORK", 10)])
def test_m1_a_model_beyond_the_budget_never_reaches_the_runtime_either(limit, most, monkeypatch):
    monkeypatch.setattr(base, limit, most)
    with pytest.raises((EngineError, ModelCardError), match="make the model smaller"):
        load_engine(MODELS / "rate.onnx", prefer="onnxruntime")


@has_runtime
def test_the_runtime_gets_no_more_windows_at_once_than_the_budget_allows(monkeypatch):
    monkeypatch.setattr(numpy_engine, "MAX_WORK", 10_000)
    engine, asked = load_engine(MODELS / "rate.onnx", prefer="onnxruntime"), []
    run = engine._run
    monkeypatch.setattr(engine, "_run", lambda windows: asked.append(len(windows)) or run(windows))
    assert engine.predict(rises(0.5, 256)).shape == (256,)
    assert 1 <= max(asked) < 100


def test_i6_a_model_that_numpy_does_not_accept_is_said_with_the_node(tmp_path):
    path = with_bytes_replaced(b"axis", b"side", tmp_path)
    with pytest.raises(ModelCardError, match=r"model rate: node 0 '' \(Gather\): its attribute 'side' is not known"):
        load_engine(path, prefer="numpy")


def test_m1_a_graph_with_a_name_that_nothing_makes_is_refused_for_every_engine(tmp_path):
    path = with_bytes_replaced(b"newest", b"nowest", tmp_path)
    with pytest.raises(ModelCardError, match=r"node 0 '' \(Gather\) uses 'nowest' which nothing makes before it"):
        load_engine(path)


@pytest.mark.parametrize(
    "output",
    [
        None,
        [0.5],
        np.array([[0.5]], np.float32),
        np.array([0.5]),
        np.array([np.nan], np.float32),
        np.array([1.2], np.float32),
    ],
    ids=["nothing", "list", "shape", "float64", "NaN", "above one"],
)
def test_i6_an_answer_that_is_no_probability_is_an_error(output):
    with pytest.raises(EngineError, match="model rate answered"):
        checked_probabilities(output, 1, CARD)


def test_rounding_is_not_an_error():
    assert checked_probabilities(np.array([1.00001, -0.00001], np.float32), 2, CARD).tolist() == [1.0, 0.0]


def test_errors_of_models_and_engines_have_one_base():
    assert issubclass(EngineError, BtrError)
    assert issubclass(ModelCardError, BtrError)


@pytest.mark.skipif(find_spec("onnx") is None, reason="the generator needs the onnx package")
def test_the_models_in_the_fixtures_are_what_their_generator_makes(tmp_path):
    script = tmp_path / "make_models.py"
    shutil.copy(MODELS / "make_models.py", script)
    subprocess.run([sys.executable, str(script)], check=True)
    made = {path.name: path.read_bytes() for path in tmp_path.glob("*.onnx")}
    assert made == {path.name: path.read_bytes() for path in MODELS.glob("*.onnx")}
    assert load_card(tmp_path / "rate.json") == CARD
