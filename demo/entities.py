"""Finds BTR's entities in Home Assistant by what they stand for, never by a name that a translation may change."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .errors import StartError
from .ha_client import HomeAssistantClient


@dataclass(frozen=True, slots=True)
class DeviceEntities:
    """The entities of one device, by platform and key, such as ``("sensor", "risk")``."""

    device: str
    ids: Mapping[tuple[str, str], str]

    def get(self, platform: str, key: str) -> str | None:
        """The entity's id; None when the device has no such entity or it is disabled."""
        return self.ids.get((platform, key))

    def require(self, platform: str, key: str) -> str:
        """The entity's id.

        Raises:
            StartError: there is none.
        """
        entity_id = self.get(platform, key)
        if entity_id is None:
            raise StartError(f"BTR made no {platform} {key} for {self.device}")
        return entity_id


async def wait_for_device(
    client: HomeAssistantClient, device: str, needed: Sequence[tuple[str, str]], timeout_s: float
) -> DeviceEntities:
    """The entities of a device such as ``battery_cell-1``, once the needed ones are there.

    Raises:
        StartError: it did not appear in time.
    """
    deadline = asyncio.get_running_loop().time() + timeout_s
    while asyncio.get_running_loop().time() < deadline:
        registry = await client.command("config/entity_registry/list")
        prefix = f"{device}_"
        ids = {
            (row["entity_id"].partition(".")[0], row["unique_id"].removeprefix(prefix)): row["entity_id"]
            for row in registry
            if row["platform"] == "btr" and row["unique_id"].startswith(prefix) and row["disabled_by"] is None
        }
        if all(ids.get(key) in client.states for key in needed):
            return DeviceEntities(device, ids)
        await asyncio.sleep(0.3)
    raise StartError(f"{device} did not appear in Home Assistant within {timeout_s:g} s")
