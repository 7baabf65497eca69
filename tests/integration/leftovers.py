"""What an entry could leave behind after it is unloaded: everything that Home Assistant, Python or the system keeps."""

import gc
import threading
import time
from asyncio import TimerHandle, all_tasks
from collections import Counter
from pathlib import Path
from types import FunctionType
from typing import Any

from homeassistant.components.mqtt import DATA_MQTT
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.dispatcher import DATA_DISPATCHER
from homeassistant.helpers.storage import Store

from custom_components.btr.const import DOMAIN

OURS = "custom_components.btr"
# Home Assistant's pool of threads grows as it likes and is its own
POOL = ("SyncWorker_", "ImportExecutor_", "DbWorker_")

PATIENCE = 20

type Traces = dict[str, Counter[str]]


def traces(hass: HomeAssistant) -> Traces:
    """Everything there is now, by kind and name, so that two moments can be compared."""
    gc.collect()
    return {
        "subscriptions": Counter(_subscriptions(hass)),
        "dispatcher listeners": _counted(hass.data.get(DATA_DISPATCHER, {})),
        "bus listeners": _counted(hass.bus._listeners),
        "shutdown jobs": Counter(str(job.job.name) for job in hass._shutdown_jobs),
        "timers": Counter(name for handle in _timers(hass) if (name := _name(handle)) is not None),
        "tasks": Counter(task.get_name().rstrip("0123456789") for task in all_tasks()),
        "threads": Counter(one.name for one in threading.enumerate() if not one.name.startswith(POOL)),
        "files": _files(),
        "objects": Counter(name for item in gc.get_objects() if (name := _ours(item)) is not None),
        "states": Counter(hass.states.async_entity_ids()),
        "devices": Counter(str(device.identifiers) for device in dr.async_get(hass).devices),
        "entities": Counter(er.async_get(hass).entities.keys()),
        "issues": Counter(issue_id for _, issue_id in ir.async_get(hass).issues),
        "data": Counter(str(key) for key in hass.data),
        "services": _counted(hass.services.async_services()),
    }


def left_behind(before: Traces, after: Traces) -> dict[str, dict[str, int]]:
    """What there is more of now, by kind; empty when all is as it was."""
    return {kind: dict(more) for kind, found in after.items() if (more := found - before[kind])}


async def async_left_behind(hass: HomeAssistant, before: Traces) -> dict[str, dict[str, int]]:
    """The same for now; what a thread of the pool is just ending is given a moment."""
    for _ in range(PATIENCE):
        if not (left := left_behind(before, traces(hass))):
            return {}
        await hass.loop.run_in_executor(None, time.sleep, 0.02)
        await hass.async_block_till_done(wait_background_tasks=True)
    return left


def _counted(lists: Any) -> Counter[str]:
    return Counter({str(key): len(items) for key, items in lists.items() if items})


def _subscriptions(hass: HomeAssistant) -> list[str]:
    if DATA_MQTT not in hass.data:
        return []
    client = hass.data[DATA_MQTT].client
    simple = [topic for topic, waiting in client._simple_subscriptions.items() for _ in waiting]
    return simple + [waiting.topic for waiting in client._wildcard_subscriptions]


def _timers(hass: HomeAssistant) -> list[TimerHandle]:
    scheduled: list[TimerHandle] = hass.loop._scheduled  # type: ignore[attr-defined]
    return [handle for handle in scheduled if not handle.cancelled()]


def _name(handle: TimerHandle) -> str | None:
    """What a timer calls; None for a registry that Home Assistant is about to write."""
    called = handle._callback  # type: ignore[attr-defined]
    owner = getattr(called, "__self__", None)
    if isinstance(owner, Store):
        return f"store {owner.key}" if owner.key.startswith(DOMAIN) else None
    return str(getattr(called, "__qualname__", called))


def _files() -> Counter[str]:
    """What this process has open, where the system tells it."""
    folder = Path("/proc/self/fd")
    if not folder.is_dir():
        return Counter()
    targets = (_target(link) for link in folder.iterdir())
    return Counter(target for target in targets if target is not None)


def _target(link: Path) -> str | None:
    try:
        target = str(link.readlink())
    except OSError:
        return None  # the folder itself was open while it was read
    return target.partition(":[")[0]


def _ours(item: object) -> str | None:
    """The name of an object of one of our classes, or of a function made by one of ours."""
    if isinstance(item, FunctionType):
        return item.__qualname__ if (item.__module__ or "").startswith(OURS) else None
    kind = type(item)
    return kind.__qualname__ if kind.__module__.startswith(OURS) else None
