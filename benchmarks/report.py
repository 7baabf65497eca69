"""What both benchmarks say about themselves: the machine, its noise, and figures in a form that can be compared."""

import json
import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

PACKAGES = ("homeassistant", "onnxruntime", "numpy", "paho-mqtt", "SQLAlchemy")


def machine() -> dict[str, Any]:
    """The hardware and software that the figures belong to; no name, address or path of the machine."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_mb": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20,
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
        "packages": {name: found for name in PACKAGES if (found := _installed(name)) is not None},
        "load_average_1min": round(os.getloadavg()[0], 2),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def _installed(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def percentile(values: Sequence[float], share: float) -> float:
    """The value that ``share`` percent of the values do not exceed, interpolated; there must be at least one."""
    return float(np.percentile(np.asarray(values), share))


def significant(value: float | None, digits: int = 3) -> float | None:
    """Rounded to so many significant digits: more would claim a precision that no run repeats."""
    return None if value is None else float(f"{value:.{digits}g}")


def shown(value: float | None) -> str | None:
    """The value as people read it: three significant digits, thousands apart."""
    rounded = significant(value)
    return None if rounded is None else f"{rounded:,.0f}".replace(",", " ") if abs(rounded) >= 100 else f"{rounded:g}"


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table; numbers as they are, None as a dash."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join("–" if cell is None else str(cell) for cell in line) + " |" for line in lines)


def write(path: Path, report: Mapping[str, Any]) -> None:
    """Write the report, with parents, replacing an older one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(_readable(report), indent=2, ensure_ascii=False) + "\n")


def _readable(value: Any) -> Any:
    if isinstance(value, float):
        return significant(value, 4)
    if isinstance(value, Mapping):
        return {key: _readable(item) for key, item in value.items()}
    return [_readable(item) for item in value] if isinstance(value, list | tuple) else value
