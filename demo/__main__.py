"""Composition root of the demo: starts every part in order, waits, and ends them in reverse."""

import asyncio
import contextlib
import math
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from .broker import HOST, Broker, start_broker
from .dashboard import URL_PATH, add_node_display, install_dashboard
from .default_recording import DEFAULT_SEED, write_default_recording
from .entities import DeviceEntities, wait_for_device
from .errors import DemoError, RecordingError, StartError
from .ha_client import HomeAssistantClient
from .homeassistant import USER, HomeAssistant, btr_step, mqtt_step, problems_in, start_home_assistant
from .options import Options, parse_options
from .processes import Child, free_port, require_free_port
from .recording import Recording, load_recording
from .summary import Summary
from .watch import HomeWatch, NodeWatch, Seen, command_bath

USUAL_PORT = 8123
NODE_ID = "cell-1"
BATH_CODE = "bath-1"
DEVICE_S = 60.0
WARMER_BY_K = 5.0
POLL_S = 0.5


def tell(text: str) -> None:
    """Say something to whoever watches."""
    print(text, flush=True)


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything that runs, once it does."""

    home: HomeAssistant
    broker: Broker
    children: tuple[Child, ...]
    client: HomeAssistantClient
    bath: DeviceEntities
    seen: Seen


def _home_port(options: Options) -> int:
    if options.port is not None:
        require_free_port(options.host, options.port, "--port")
        return options.port
    try:
        require_free_port(options.host, USUAL_PORT, "--port")
    except StartError:
        return free_port(options.host)
    return USUAL_PORT


async def _start_device(stack: contextlib.AsyncExitStack, name: str, folder: Path, *arguments: str) -> Child:
    child = await Child.start(name, [sys.executable, "-m", f"demo.{name}", *arguments], folder / f"{name}.log")
    stack.push_async_callback(child.stop)
    return child


@contextlib.asynccontextmanager
async def _raised_curtain(options: Options, recording: Recording, file: Path, folder: Path) -> AsyncIterator[Stage]:
    """Start all parts, end them in reverse order."""
    async with contextlib.AsyncExitStack() as stack:
        port = _home_port(options)
        ours = options.family == "ours"
        base = f"btr/{NODE_ID}/" if ours else ""
        tell("starting the broker")
        broker = await start_broker(folder, options.broker)
        stack.push_async_callback(broker.child.stop)
        tell("starting Home Assistant")
        session = await stack.enter_async_context(aiohttp.ClientSession())
        home = await start_home_assistant(
            session,
            folder / "homeassistant",
            options.host,
            port,
            lambda folder: add_node_display(folder, f"{base}sensor"),
        )
        stack.push_async_callback(home.child.stop)
        client = await stack.enter_async_context(HomeAssistantClient(session, home.url, home.token))
        await client.wait_until_running()
        await client.configure("mqtt", [mqtt_step(HOST, broker.port, broker.protocol)])
        await client.configure("btr", [btr_step()])

        tell("starting the devices")
        start_s = recording.start_for(options.replayed_span_s) if options.start_s is None else options.start_s
        seen = Seen()
        node_watch = NodeWatch(seen, (HOST, broker.port), base, f"compostlab/v2/{BATH_CODE}", start_s, tell)
        node_watch.start()
        stack.callback(node_watch.stop)
        at_broker = ("--broker", broker.address, "--speed", str(options.speed))
        bath_child = await _start_device(stack, "bath", folder, *at_broker, "--code", BATH_CODE)
        bath = await wait_for_device(client, f"bath_{BATH_CODE}", ("climate", "bath"), DEVICE_S)
        vents = ("--vents",) if options.recording is None else ()
        replay = ("--recording", str(file), "--start", str(start_s), "--family", options.family, "--id", NODE_ID)
        node_child = await _start_device(stack, "battery_node", folder, *at_broker, *replay, *vents)
        battery_key = f"battery_{NODE_ID}" if ours else "battery_battery"
        battery = await wait_for_device(client, battery_key, ("binary_sensor", "thermal_runaway"), DEVICE_S)
        HomeWatch(seen, client, battery, node_watch, tell)
        await install_dashboard(client, battery, bath)
        yield Stage(home, broker, (broker.child, home.child, bath_child, node_child), client, bath, seen)
        tell("ending")


def _greet(options: Options, stage: Stage, recording: Recording) -> None:
    minutes = recording.duration_s / 60 / options.speed
    lines = (
        "",
        f"  Home Assistant  {stage.home.url}/{URL_PATH}",
        f"  login           user {USER}, password {stage.home.password}",
        f"  broker          {stage.broker.address} ({stage.broker.child.name})",
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
    async with _raised_curtain(options, recording, file, folder) as stage:
        _greet(options, stage, recording)
        await _play(options, stage)
    if not options.headless:
        return 0
    summary = Summary(
        recording, stage.seen, options.expect_alarm, problems_in(stage.home.log.read_text("utf-8", "replace"))
    )
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
