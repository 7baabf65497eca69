"""The golden set: what a sensor is known to show, answered alike by every engine and sensibly by the shipped model."""

import shutil
import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import pytest

from btr_core.risk.engine import load_engine

from .fuzz_models import SHIPPED
from .golden_windows import WINDOWS, golden_windows

GOLDEN = golden_windows()
ALL = np.stack([window.temp_c for window in GOLDEN])


@pytest.mark.skipif(find_spec("onnxruntime") is None, reason="ONNX Runtime is not installed here")
def test_m3_the_engines_agree_on_the_golden_set():
    by_numpy, by_runtime = (load_engine(SHIPPED, prefer=name).predict(ALL) for name in ("numpy", "onnxruntime"))
    assert np.abs(by_numpy - by_runtime).max() <= 1e-5


@pytest.mark.parametrize("expected", ["quiet", "loud"])
def test_the_shipped_model_is_quiet_and_loud_where_it_must_be(expected):
    engine = load_engine(SHIPPED, prefer="numpy")
    chosen = [window for window in GOLDEN if window.expected == expected]
    answers = engine.predict(np.stack([window.temp_c for window in chosen]))
    risks = {window.name: risk for window, risk in zip(chosen, answers, strict=True)}
    assert len(risks) >= 4
    if expected == "quiet":
        assert {name for name, risk in risks.items() if risk >= engine.card.warning.threshold} == set()
    else:
        assert {name for name, risk in risks.items() if risk < engine.card.alarm.threshold} == set()


def test_the_golden_set_is_what_its_generator_makes(tmp_path):
    script = tmp_path / "make_golden.py"
    shutil.copy(WINDOWS / "make_golden.py", script)
    subprocess.run([sys.executable, str(script)], check=True)
    assert (tmp_path / "golden.json").read_bytes() == (WINDOWS / "golden.json").read_bytes()
