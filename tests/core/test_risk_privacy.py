"""What runs the models keeps to itself what it does: no device id, no database of events, nothing to be sent."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

MODELS = Path(__file__).parents[1] / "fixtures" / "models"
LOAD = """
import sys
from pathlib import Path
from btr_core.risk.engine import load_engine
assert load_engine(Path(sys.argv[1]), "onnxruntime").name == "onnxruntime"
"""


def test_the_runtime_leaves_no_trace_of_a_telemetry_in_the_home_folder(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    home = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache"), "PYTHONDONTWRITEBYTECODE": "1"}
    kept = {key: value for key, value in os.environ.items() if key != "ORT_DISABLE_TELEMETRY"}
    path = os.pathsep.join(item for item in sys.path if item)
    command = [sys.executable, "-c", LOAD, str(MODELS / "rate.onnx")]
    subprocess.run(command, env={**kept, **home, "PYTHONPATH": path}, check=True, timeout=60)
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == []
