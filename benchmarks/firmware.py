"""What the logic of both devices costs: ``python -m benchmarks.firmware``.

Instructions are counted by callgrind, so they are the same on a busy machine. They are those of x86-64 with Debian's C
library: a guide to what an ESP32 does, not its time. Memory is what the compiler gives each object here, with pointers
of eight bytes where the ESP32 has four.
"""

import argparse
import re
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from . import report

ROOT = Path(__file__).resolve().parent.parent
FIRMWARE = ROOT / "firmware"
BUILD = ROOT / "build" / "firmware" / "bench"
REPORT = ROOT / "benchmarks" / "reports" / "firmware.json"
MQTT_LINK = FIRMWARE / "lib" / "btr_esp32" / "include" / "btr" / "esp32" / "mqtt_link.h"
LIBRARIES = ("btr_sched", "btr_protocol", "btr_control", "btr_battery")
# Data sheets: ESP32 Series, "CPU and Internal Memory"; ESP32-S3 Series, "CPU and Memory".
MHZ = 240
SRAM_KIB = {"bath": ("ESP32", 520), "battery": ("ESP32-S3", 512)}
# An assumption: a plain in-order core with its code in cached flash. Only the estimates depend on it.
CYCLES_PER_INSTRUCTION = 2
# How often each case is measured, and how often the device does it, in ms; nothing: now and then.
CASES: dict[str, tuple[int, int | None]] = {
    "bath_tick": (1, 20),
    "bath_tick_with_telemetry": (3, 60_000),
    "bath_command": (50, None),
    "bath_encode": (100, 60_000),
    "bath_encode_by_cjson": (100, 60_000),
    "battery_sample": (200, 500),
    "battery_grade": (200, 500),
    "battery_tick": (1000, 20),
    "battery_encode": (100, 500),
    "battery_encode_by_cjson": (100, 500),
}
PEERS = {"bath_encode_by_cjson": "bath_encode", "battery_encode_by_cjson": "battery_encode"}


def build() -> Path:
    """The measuring program, built as for the devices: for size."""
    for command in (
        ["cmake", "-S", str(FIRMWARE / "bench"), "-B", str(BUILD)],
        ["cmake", "--build", str(BUILD), "-j", "2", "--target", "btr_bench"],
    ):
        _output(command)
    return BUILD / "btr_bench"


def _output(command: list[str], **environment: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment or None)
    except FileNotFoundError:
        raise SystemExit(f"{command[0]} is not installed") from None
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr.strip()}")
    return done.stdout


def count(program: Path, case: str, times: int) -> dict[str, Any]:
    """Instructions of one piece of work: the mean over all that were measured, the libraries' included."""
    with tempfile.TemporaryDirectory(prefix="btr-callgrind-") as folder:
        out = Path(folder) / "out"
        command = ["valgrind", "--tool=callgrind", "--toggle-collect=btr::bench::measured(*"]
        command += [f"--callgrind-out-file={out}", str(program), case, str(times)]
        # everything bound before it is counted
        measured = int(_output(command, LD_BIND_NOW="1", PATH="/usr/local/bin:/usr/bin:/bin"))
        instructions = total_of(out.read_text()) / measured
    return {"case": case, "measured": measured, "instructions": round(instructions)}


def total_of(callgrind_out: str) -> int:
    """The sum of all that callgrind collected."""
    found = re.search(r"^summary: (\d+)$", callgrind_out, re.MULTILINE)
    if found is None or not int(found[1]):
        raise SystemExit("callgrind has collected nothing")
    return int(found[1])


def statics_of(size_output: str) -> int:
    """Bytes of writable static memory in what ``size -A -d`` says; constants with addresses in them are none."""
    rows = re.findall(r"^\.(?:bss|data)(?!\.rel\.ro)\S*\s+(\d+)\s+\d+$", size_output, re.MULTILINE)
    return sum(map(int, rows))


def mailboxes_of(header: str, post_buffer: int) -> int:
    """Bytes between the control task and esp-mqtt, as declared: this part cannot be built here."""
    queues = sum(int(kib) * 1024 for kib in re.findall(r"Mailbox<(\d+) \* 1024> \w+;", header))
    return queues + post_buffer * len(re.findall(r"^ +protocol::PostBuffer \w+;", header, re.MULTILINE))


def memory(program: Path) -> dict[str, Any]:
    """Bytes of all objects and static memory, and their share of the chip's."""
    objects = {
        name: int(size) for name, size in (line.split() for line in _output([str(program), "sizes"]).splitlines())
    }
    statics = {
        name: statics_of(_output(["size", "-A", "-d", str(BUILD / "firmware" / f"lib{name}.a")])) for name in LIBRARIES
    }
    mailboxes = mailboxes_of(MQTT_LINK.read_text(encoding="utf-8"), objects["PostBuffer"])
    devices = {}
    for device, (chip, kib) in SRAM_KIB.items():
        own = objects["BathDevice" if device == "bath" else "BatteryDevice"]
        total = own + sum(statics.values()) + mailboxes
        devices[device] = {"chip": chip, "device": own, "bytes": total, "share": total / (kib * 1024)}
    return {"objects": objects, "statics": statics, "mailboxes": mailboxes, "devices": devices}


def estimate(instructions: float, period_ms: int | None) -> dict[str, float | None]:
    """What that would take an ESP32, with the assumption above."""
    microseconds = instructions * CYCLES_PER_INSTRUCTION / MHZ
    share = microseconds / (period_ms * 1000) if period_ms else None
    return {"estimated_us": microseconds, "estimated_share_of_a_core": share}


def tables(found: Mapping[str, Any]) -> str:
    """Instructions, estimates and memory as Markdown."""
    by_name = {case["case"]: case for case in found["cases"]}
    rows = []
    for name, case in by_name.items():
        ours = by_name.get(PEERS.get(name, ""))
        ratio = report.shown(case["instructions"] / ours["instructions"]) if ours else None
        share = case["estimated_share_of_a_core"]
        percent = None if share is None else report.shown(share * 100)
        rows.append((name, report.shown(case["instructions"]), ratio, report.shown(case["estimated_us"]), percent))
    head = ("case", "instructions", "times ours", "estimated µs", "estimated % of a core")
    kept = found["memory"]
    devices = [
        (name, one["chip"], one["device"], sum(kept["statics"].values()), kept["mailboxes"], f"{one['share']:.1%}")
        for name, one in kept["devices"].items()
    ]
    memory_head = ("device", "chip", "object", "static", "mailboxes", "of its SRAM")
    return report.markdown_table(head, rows) + "\n\n" + report.markdown_table(memory_head, devices)


def main() -> None:
    """Build, count, print the tables, write the report."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.firmware", description=__doc__)
    parser.add_argument("--report", type=Path, default=REPORT)
    options = parser.parse_args()
    program = build()
    cases = []
    for name, (times, period_ms) in CASES.items():
        case = count(program, name, times)
        cases.append({**case, **estimate(case["instructions"], period_ms)})
    found = {
        "machine": report.machine(),
        "compiler": _output(["c++", "--version"]).splitlines()[0],
        "valgrind": _output(["valgrind", "--version"]).strip(),
        "flags": "-Os",
        "mhz": MHZ,
        "cycles_per_instruction_assumed": CYCLES_PER_INSTRUCTION,
        "cases": cases,
        "memory": memory(program),
    }
    report.write(options.report, found)
    print(tables(found))


if __name__ == "__main__":
    main()
