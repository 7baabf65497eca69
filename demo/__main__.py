"""Composition root of the demo: reads the command line, plays, and reports."""

import asyncio
import contextlib
import math
import signal
import sys
import tempfile
from pathlib import Path

from .dashboard import URL_PATH
from .default_recording import DEFAULT_SEED, write_default_recording
from .errors import DemoError, RecordingError
from .homeassistant import USER, problems_in
from .options import Options, parse_options
from .recording import Recording, load_recording
from .stage import Stage, raised_curtain
from .summary import Summary
from .watch import command_bath

WARMER_BY_K = 5.0
POLL_S = 0.5


def tell(text: str) -> None:
    """Say something to whoever watches."""
    print(text, flush=True)


def _greet(options: Options, stage: Stage, recording: Recording) -> None:
    minutes = recording.duration_s / 60 / options.speed
    lines = (
        "",
        f"  Home Assistant  {stage.home.url}/{URL_PATH}",
        f"  login           user {USER}, password {stage.home.password}",
        f"  broker          {stage.broker.address} ({stage.broker.child.name})",
        f"  devices         {stage.cast.name}",
        f"  recording       {recording.name}, {minutes:.1f} minutes at speed {options.speed:g}",
        "  end             Ctrl-C" + (f", or after {options.duration_s:g} s" if options.duration_s else ""),
        "",
    )
    tell("\n".join(lines))


async def _play(options: Options, stage: Stage) -> None:
    """Wait for the end; without a visitor, use the bath meanwhile."""
    async with contextlib.AsyncExitStack() as stack:
        tasks: tuple[asyncio.Task[None], ...] = ()
        if options.headless:
            tasks = (asyncio.create_task(command_bath(stage.client, stage.bath, stage.seen, WARMER_BY_K, tell)),)
        for task in tasks:
            stack.callback(task.cancel)
        clock = asyncio.get_running_loop().time
        ends_s = clock() + (options.duration_s or math.inf)
        while clock() < ends_s and not (options.until_seen and stage.seen.everything):
            for child in stage.children:
                if not child.is_running:
                    raise child.failure("ended by itself")
            for task in tasks:
                if task.done():
                    task.result()
            await asyncio.sleep(POLL_S)


async def run(options: Options, folder: Path) -> int:
    """The whole demo; the exit status. A signal ends it early, but in order."""
    file = options.recording or write_default_recording(folder, DEFAULT_SEED)
    recording = load_recording(file)
    for remark in recording.remarks:
        tell(f"note: {remark}")
    performance = asyncio.create_task(_perform(options, recording, file, folder))
    interrupted = False

    def interrupt() -> None:
        # a second signal must not interrupt the ending of the first
        nonlocal interrupted
        if not interrupted:
            interrupted = True
            performance.cancel()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, interrupt)
    try:
        return await performance
    except asyncio.CancelledError:
        return int(options.headless)


async def _perform(options: Options, recording: Recording, file: Path, folder: Path) -> int:
    async with raised_curtain(options, recording, file, folder, tell) as stage:
        _greet(options, stage, recording)
        await _play(options, stage)
    if not options.headless:
        return 0
    problems = problems_in(stage.home.log.read_text("utf-8", "replace"))
    summary = Summary(recording, stage.seen, options.expect_alarm, problems, stage.cast.name)
    tell(f"\n{summary.as_table()}\n\n{summary.as_json()}")
    if options.summary is not None:
        options.summary.write_text(summary.as_json() + "\n", "utf-8")
    return int(bool(summary.failures))


def main() -> int:
    """Run the demo in a folder of its own."""
    options = parse_options()
    try:
        if options.keep is not None:
            options.keep.mkdir(parents=True, exist_ok=True)
            return asyncio.run(run(options, options.keep.resolve()))
        with tempfile.TemporaryDirectory(prefix="btr-demo-") as folder:
            return asyncio.run(run(options, Path(folder)))
    except RecordingError as err:
        print(f"error: {err}", file=sys.stderr)
        return 2
    except DemoError as err:
        print(f"error: {err}", file=sys.stderr)
        return 3


if __name__ == "__main__":
    sys.exit(main())
