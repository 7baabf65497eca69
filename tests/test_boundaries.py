"""What may know of what: the core stays pure, and a model stays data."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
INTEGRATION = ROOT / "custom_components" / "btr"
CORE = INTEGRATION / "core"
OLDEST_PYTHON = (3, 11)

OUTSIDE_WORLD = {
    "asyncio",
    "http",
    "os",
    "pathlib",
    "shutil",
    "socket",
    "subprocess",
    "tempfile",
    "threading",
    "time",
    "urllib",
}
PURE = (sys.stdlib_module_names - OUTSIDE_WORLD) | {"numpy"}
LOADS_MODELS = CORE / "risk"
ONNX_RUNTIME_USER = LOADS_MODELS / "onnx_engine.py"
FIRMWARE = ROOT / "firmware"
FIRMWARE_EDGES = {"lib/btr_esp32", "src", "host"}
FIRMWARE_FOR_ESP32 = {"lib/btr_esp32", "src"}
MOST_FOR_ESP32 = 0.15
# who may include whom, as "btr/<name>/x.h"
LIBRARIES = {
    "hal": {"hal"},
    "sched": {"hal", "sched"},
    "protocol": {"hal", "protocol"},
    "control": {"hal", "sched", "protocol", "control"},
    "battery": {"hal", "sched", "protocol", "battery"},
}
READS_A_CLOCK_OR_WAITS = re.compile(
    r"\b(?:millis|micros|delay|delayMicroseconds|vTaskDelay|esp_timer_get_time|time|clock|gettimeofday|clock_gettime"
    r"|sleep|usleep|nanosleep)\s*\(|std::chrono|std::this_thread"
)
NOT_FOR_LOGIC = re.compile(r"""#include\s*[<"]((?:Arduino|WiFi|Wire|SPI|esp_.*|freertos/.*)\.h|chrono|thread)[>"]""")
ASKS_FOR_MEMORY = re.compile(
    r"\bnew\s+\w|\b(?:malloc|calloc|realloc|strdup)\s*\(|std::(?:string|vector|map|function|make_unique)\b"
)
UNSAFE_FORMATS = {"cloudpickle", "dill", "joblib", "marshal", "pickle", "shelve", "sklearn", "torch"}


def files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    """The first part of the name of each absolute import, wherever in the file it is."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.partition(".")[0]


def relative_imports(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            yield node.level, node.module or ""


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", files(CORE), ids=name)
def test_core_imports_only_numpy_and_what_touches_no_clock_socket_or_file(path):
    allowed = PURE | ({"os", "pathlib"} if LOADS_MODELS in path.parents else set())
    if path == ONNX_RUNTIME_USER:
        allowed |= {"onnxruntime"}

    assert set(imports(path)) <= allowed


@pytest.mark.parametrize("path", files(CORE), ids=name)
def test_core_imports_nothing_of_the_integration_around_it(path):
    depth = len(path.relative_to(CORE).parts)

    assert [found for found in relative_imports(path) if found[0] > depth] == []


@pytest.mark.parametrize("path", files(CORE), ids=name)
def test_core_is_readable_by_the_oldest_python_of_training(path):
    ast.parse(path.read_text("utf-8"), feature_version=OLDEST_PYTHON)


@pytest.mark.parametrize("path", files(INTEGRATION), ids=name)
def test_m2_nothing_that_is_installed_can_load_a_model_that_is_a_program(path):
    assert set(imports(path)) & UNSAFE_FORMATS == set()


@pytest.mark.parametrize("path", files(ROOT / "training" / "btr_training"), ids=name)
def test_training_does_not_know_home_assistant(path):
    assert set(imports(path)) & {"homeassistant", "custom_components"} == set()


def test_the_integration_names_its_core_relatively():
    users = [path for path in files(INTEGRATION) if {"btr_core", "custom_components"} & set(imports(path))]

    assert users == []


@pytest.mark.parametrize("path", files(CORE), ids=name)
def test_core_reads_no_clock(path):
    called = {node.attr for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Attribute)}

    assert called & {"now", "utcnow", "today", "monotonic", "perf_counter", "time_ns"} == set()


def firmware(*folders: str) -> list[Path]:
    return sorted(
        path for folder in folders for path in (FIRMWARE / folder).rglob("*") if path.suffix in {".h", ".cpp"}
    )


def code_of(path: Path) -> str:
    """The file without comments and the contents of literals."""
    return re.sub(
        r'"(?:\\.|[^"\\\n])*"|//[^\n]*|/\*.*?\*/',
        lambda found: '""' if found[0].startswith('"') else "",
        path.read_text("utf-8"),
        flags=re.DOTALL,
    )


def edge_of(path: Path) -> str | None:
    return next((edge for edge in FIRMWARE_EDGES if FIRMWARE / edge in path.parents), None)


LOGIC = [path for path in firmware("lib") if edge_of(path) is None]


@pytest.mark.parametrize("path", LOGIC, ids=name)
def test_the_firmware_decides_without_a_board_a_clock_or_a_wait(path):
    assert READS_A_CLOCK_OR_WAITS.findall(code_of(path)) == []
    assert NOT_FOR_LOGIC.findall(path.read_text("utf-8")) == []


@pytest.mark.parametrize("path", LOGIC, ids=name)
def test_h15_the_firmware_decides_in_fixed_memory(path):
    assert ASKS_FOR_MEMORY.findall(code_of(path)) == []


@pytest.mark.parametrize("library", LIBRARIES)
def test_the_libraries_of_the_firmware_depend_one_way(library):
    included = {
        found
        for path in firmware(f"lib/btr_{library}")
        for found in re.findall(r'#include "btr/(\w+)/', path.read_text("utf-8"))
    }

    assert included <= LIBRARIES[library]


def test_what_only_a_board_can_run_is_a_small_part_of_the_firmware():
    def lines(paths: list[Path]) -> int:
        return sum(bool(line.strip()) for path in paths for line in code_of(path).splitlines())

    assert lines(firmware(*FIRMWARE_FOR_ESP32)) < MOST_FOR_ESP32 * lines(firmware("lib", "src"))
