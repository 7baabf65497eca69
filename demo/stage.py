"""Starts every part of the demo in its order, and ends them in reverse."""

import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from .broker import HOST, Broker, start_broker
from .cast import Cast, Part, choose_cast
from .dashboard import add_node_display, install_dashboard
from .entities import DeviceEntities, wait_for_device
from .errors import DemoError, StartError
from .ha_client import HomeAssistantClient
from .homeassistant import HomeAssistant, btr_steps, mqtt_step, start_home_assistant
from .options import Options
from .processes import Child, free_port, require_free_port
from .recording import Recording
from .watch import HomeWatch, NodeWatch, Seen, Tell

USUAL_PORT = 8123
NODE_ID = "cell-1"
BATH_CODE = "bath-1"
DEVICE_S = 60.0


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything that runs, once it does."""

    home: HomeAssistant
    broker: Broker
    cast: Cast
    children: tuple[Child, ...]
    client: HomeAssistantClient
    battery: DeviceEntities
    bath: DeviceEntities
    seen: Seen


def _home_port(options: Options) -> int:
    if options.port is not None:
        require_free_port(options.host, options.port, "--port")
        return options.port
    if options.headless:
        # nobody types the address, and several may run at once
        return free_port(options.host)
    try:
        require_free_port(options.host, USUAL_PORT, "--port")
    except StartError:
        return free_port(options.host)
    return USUAL_PORT


async def _start_device(stack: contextlib.AsyncExitStack, part: Part, folder: Path) -> Child:
    child = await Child.start(part.name, part.command, folder / f"{part.name}.log", part.env)
    stack.push_async_callback(child.stop)
    return child


@contextlib.contextmanager
def _explained_by(log: Child) -> Iterator[None]:
    """Add the end of Home Assistant's log to whatever it did not do."""
    try:
        yield
    except DemoError as err:
        raise log.failure(str(err)) from err


@contextlib.asynccontextmanager
async def raised_curtain(
    options: Options, recording: Recording, file: Path, folder: Path, tell: Tell
) -> AsyncIterator[Stage]:
    """Start all parts, with everything that they write below ``folder``; end them in reverse order.

    ``file`` is where ``recording`` was read from, since the node reads it itself.

    Raises:
        StartError: a part did not come up, or Home Assistant refused something; with the end of the log.
    """
    async with contextlib.AsyncExitStack() as stack:
        port = _home_port(options)
        ours = options.family == "ours"
        base = f"btr/{NODE_ID}/" if ours else ""
        tell("starting the broker")
        broker = await start_broker(folder, options.broker)
        stack.push_async_callback(broker.child.stop)
        cast = choose_cast(options, broker.address, folder)
        tell("starting Home Assistant")
        session = await stack.enter_async_context(aiohttp.ClientSession())
        hidden = ("onnxruntime",) if options.without_onnxruntime else ()
        home = await start_home_assistant(session, folder / "homeassistant", options.host, port, hidden=hidden)
        stack.push_async_callback(home.child.stop)
        with _explained_by(home.child):
            client = await stack.enter_async_context(HomeAssistantClient(session, home.url, home.token))
            await client.wait_until_running()
            await client.configure("mqtt", [mqtt_step(HOST, broker.port, broker.protocol)])
            await client.configure("btr", btr_steps())
            await add_node_display(client, f"{base}sensor")

            tell(f"starting the devices: {cast.name}")
            start_s = recording.start_for(options.replayed_span_s) if options.start_s is None else options.start_s
            seen = Seen(options.speed)
            node_watch = NodeWatch(seen, (HOST, broker.port), base, f"compostlab/v2/{BATH_CODE}", start_s, tell)
            node_watch.start()
            stack.callback(node_watch.stop)
            bath_child = await _start_device(stack, cast.bath(BATH_CODE), folder)
            bath = await wait_for_device(
                client, f"bath_{BATH_CODE}", (("climate", "bath"), ("sensor", "bath_c")), DEVICE_S
            )
            node_child = await _start_device(stack, cast.battery(NODE_ID, recording, file, start_s), folder)
            battery_key = f"battery_{NODE_ID}" if ours else "battery_battery"
            battery = await wait_for_device(
                client, battery_key, (("binary_sensor", "thermal_runaway"), ("sensor", "voc_index")), DEVICE_S
            )
            HomeWatch(seen, client, battery, node_watch, tell)
            await install_dashboard(client, battery, bath)
        yield Stage(home, broker, cast, (broker.child, home.child, bath_child, node_child), client, battery, bath, seen)
        tell("ending")
