"""Line coverage of the firmware's libraries, from what gcov knows after the tests ran in a build with counters.

    python scripts/firmware_coverage.py BUILD_FOLDER LEAST_PERCENT

Prints each library with the lines that no test ran; status 1 when one is below the least.
"""

import gzip
import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

LIBRARIES = Path(__file__).resolve().parents[1] / "firmware" / "lib"
MEASURED = ("btr_control", "btr_battery", "btr_protocol", "btr_sched")

type Runs = Mapping[Path, Mapping[int, int]]  # of each line of each file


def reports(build: Path) -> Iterator[dict[str, Any]]:
    """What gcov says of each translation unit whose program ran."""
    counters = sorted(str(path.resolve()) for path in build.rglob("*.gcda"))
    if not counters:
        raise SystemExit(f"no test ran in {build}")
    with TemporaryDirectory() as folder:
        subprocess.run(
            ["gcov", "--json-format", "--hash-filenames", *counters], cwd=folder, check=True, stdout=subprocess.DEVNULL
        )
        for path in Path(folder).glob("*.gcov.json.gz"):
            yield json.loads(gzip.decompress(path.read_bytes()))


def runs_of(found: Iterable[dict[str, Any]]) -> Runs:
    """How often each line ran, over all translation units that have it."""
    runs: dict[Path, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for report in found:
        for file in report["files"]:
            path = Path(report["current_working_directory"], file["file"]).resolve()
            if LIBRARIES in path.parents:
                for line in file["lines"]:
                    runs[path][line["line_number"]] += line["count"]
    return runs


def missed(runs: Mapping[int, int]) -> list[int]:
    """The lines that never ran."""
    return sorted(line for line, count in runs.items() if not count)


def report_on(library: str, runs: Runs) -> float:
    """The percentage of the library's lines that ran, after printing it with what did not."""
    files = {path: lines for path, lines in runs.items() if LIBRARIES / library in path.parents}
    total = sum(map(len, files.values()))
    ran = total - sum(len(missed(lines)) for lines in files.values())
    percent = 100 * ran / total if total else 0.0
    print(f"{library:<14} {percent:6.2f} % of {total} lines")
    for path, lines in sorted(files.items()):
        if missed(lines):
            print(f"    {path.relative_to(LIBRARIES)}: {', '.join(map(str, missed(lines)))}")
    return percent


def main() -> int:
    """Report on all libraries; the status of the program."""
    build, least = Path(sys.argv[1]), float(sys.argv[2])
    runs = runs_of(reports(build))
    poor = [library for library in MEASURED if report_on(library, runs) < least]
    if poor:
        print(f"below {least:g} %: {', '.join(poor)}")
    return 1 if poor else 0


if __name__ == "__main__":
    sys.exit(main())
