"""The command line of the demo."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

HEADLESS_DURATION_S = 180.0
VISITOR_SPAN_S = 300.0
"""Without a duration a long recording is started as if somebody watched for five minutes."""

EPILOG = """\
exit status: 0 all was as expected; 1 something expected was not seen; 2 the command line or the recording cannot be
used; 3 a part of the demo did not start or ended by itself
"""


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for. ``start_s`` and ``duration_s`` are None for automatic and without end."""

    recording: Path | None
    start_s: float | None
    speed: float
    duration_s: float | None
    headless: bool
    until_seen: bool
    expect_alarm: bool
    family: str
    devices: str
    without_onnxruntime: bool
    broker: str | None
    host: str
    port: int | None
    keep: Path | None
    summary: Path | None

    @property
    def replayed_span_s(self) -> float:
        """How many seconds of a recording this demo has time for."""
        return (self.duration_s or VISITOR_SPAN_S) * self.speed


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not a positive number")
    return value


def _speed(text: str) -> float:
    value = _positive(text)
    if not 0.1 <= value <= 50:
        raise argparse.ArgumentTypeError(f"{text} is not within 0.1 and 50")
    return value


def _start(text: str) -> float | None:
    if text == "auto":
        return None
    value = float(text)
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is neither auto nor a time in seconds from the recording's start")
    return value


def parse_options(argv: Sequence[str] | None = None) -> Options:
    """Read the command line; ends the program with status 2 and a sentence when it makes no sense."""
    parser = argparse.ArgumentParser(
        prog="scripts/demo",
        description="Start a broker, two simulated devices and a real Home Assistant with BTR, and show what happens.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add(
        "--recording",
        type=Path,
        metavar="FILE",
        help="CSV with the columns Time,Temperature (default: a simulated runaway)",
    )
    add("--start", type=_start, default=None, metavar="SECONDS", help="where in the recording to start (default: auto)")
    add("--speed", type=_speed, default=None, help="how much faster recorded time runs (default: 2; headless: 5)")
    add("--duration", type=_positive, metavar="S", help="end after so many seconds (default: at Ctrl-C; headless: 180)")
    add("--headless", action="store_true", help="no visitor: use the bath, and say with the exit status what was seen")
    add("--until-seen", action="store_true", help="with --headless: end as soon as all that is expected was seen")
    add("--expect", choices=("alarm", "quiet"), default="alarm", help="what --headless expects of the recording")
    add("--family", choices=("ours", "original"), default="ours", help="firmware of the devices: ours or the original")
    add(
        "--devices",
        choices=("automatic", "compiled", "python"),
        default="automatic",
        help="our firmware compiled for this machine, or stand-ins in Python (default: compiled if possible)",
    )
    add(
        "--without-onnxruntime",
        action="store_true",
        help="hide ONNX Runtime from Home Assistant, as on Home Assistant OS, where there is none",
    )
    add("--broker", choices=("mosquitto", "embedded"), help="broker to start (default: mosquitto if it is installed)")
    add("--host", default="127.0.0.1", help="address at which Home Assistant listens (default: this machine only)")
    add(
        "--port",
        type=int,
        help="port of Home Assistant (default: 8123, or another one if that is taken; headless: any)",
    )
    add("--keep", type=Path, metavar="DIR", help="new folder for everything that is written; it stays")
    add("--summary", type=Path, metavar="FILE", help="with --headless: write the summary there as JSON, too")
    given = parser.parse_args(argv)
    if given.keep is not None and given.keep.exists() and any(given.keep.iterdir()):
        parser.error(f"--keep {given.keep}: the folder is not empty. Name a new one.")
    if given.devices == "compiled" and given.family == "original":
        parser.error("--devices compiled: there is no original firmware to compile. Leave out one of the two options.")
    return Options(
        recording=given.recording,
        start_s=given.start,
        speed=given.speed or (5.0 if given.headless else 2.0),
        duration_s=given.duration or (HEADLESS_DURATION_S if given.headless else None),
        headless=given.headless,
        until_seen=given.until_seen,
        expect_alarm=given.expect == "alarm",
        family=given.family,
        devices=given.devices,
        without_onnxruntime=given.without_onnxruntime,
        broker=given.broker,
        host=given.host,
        port=given.port,
        keep=given.keep,
        summary=given.summary,
    )
