"""The repair issues about devices: what the checkup of each device says, in the words of the user.

Reviewed once a minute, far from the path of the messages. A review that cannot judge changes nothing, so neither a
reload nor a device that is silent for a while takes an issue away or brings it back.
"""

import asyncio
from collections.abc import Mapping
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from .const import ISSUE_BOOTED_OFFLINE
from .core.checkup import Checkup, Complaint, Trouble
from .core.messages import DeviceKey, Message, Receipt
from .device import AnyDevice
from .issues import clear_issue, clear_issues_of_entry, raise_issue
from .words import LONGEST_NAME, listed, probe_names

# A retained message may come before the one by which its device is taken in, and anybody can make up devices.
_MOST_CHECKUPS: Final = 2000
_REVIEWS_IN_A_ROW: Final = 8
_LISTED: Final = 10
_ABOUT_DEVICE: Final = (*(trouble for trouble in Trouble if trouble is not Trouble.NO_LAST_WILL), ISSUE_BOOTED_OFFLINE)


class DeviceIssues:
    """Raises and withdraws the issues about the devices of one entry."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, devices: Mapping[DeviceKey, AnyDevice]) -> None:
        """``devices`` is a view of those that there are."""
        self._hass = hass
        self._entry = entry
        self._devices = devices
        self._checkups: dict[DeviceKey, Checkup] = {}
        self._shown: dict[tuple[str, Trouble], Complaint | None] = {}
        self._without_will: dict[DeviceKey, bool] = {}
        self._listed: tuple[str, ...] | None = None

    @callback
    def hear(self, message: Message, receipt: Receipt) -> None:
        """Take a message, of a device that is known or not yet."""
        if (checkup := self._checkups.get(message.device)) is None:
            if len(self._checkups) >= _MOST_CHECKUPS:
                self._drop_strangers()
            checkup = self._checkups[message.device] = Checkup(message.device.kind)
        checkup.hear(message, receipt)

    async def async_review(self, now_s: float) -> None:
        """Judge every device, a few at a time."""
        for count, device in enumerate(tuple(self._devices.values()), start=1):
            if (checkup := self._checkups.get(device.key)) is not None and device.key in self._devices:
                self._review(device, checkup, now_s)
            if count % _REVIEWS_IN_A_ROW == 0:
                await asyncio.sleep(0)
        self._tell_of_missing_wills()

    @callback
    def forget(self, device: AnyDevice) -> None:
        """Withdraw what was said of a device that is gone."""
        self._checkups.pop(device.key, None)
        self._without_will.pop(device.key, None)
        for trouble in Trouble:
            self._shown.pop((device.uid, trouble), None)
        for key in _ABOUT_DEVICE:
            clear_issue(self._hass, key, device.uid)

    @callback
    def release(self) -> None:
        """Withdraw everything when the user has disabled the entry; after a reload it stands as it was."""
        if self._entry.disabled_by is not None:
            clear_issues_of_entry(self._hass, self._entry.entry_id)

    def _review(self, device: AnyDevice, checkup: Checkup, now_s: float) -> None:
        findings = checkup.review(now_s, device.state.alarm, online=device.state.online)
        for trouble, complaint in findings.items():
            if trouble is Trouble.NO_LAST_WILL:
                self._without_will[device.key] = complaint is not None
            elif (place := (device.uid, trouble)) not in self._shown or self._shown[place] != complaint:
                self._shown[place] = complaint
                self._show(device, trouble, complaint)

    def _show(self, device: AnyDevice, trouble: Trouble, complaint: Complaint | None) -> None:
        if complaint is None:
            clear_issue(self._hass, trouble, device.uid)
            return
        told = {"device": device.name[:LONGEST_NAME], **complaint.facts}
        if complaint.probes:
            told["probes"] = probe_names(self._hass, complaint.probes)
        raise_issue(self._hass, trouble.value, device.uid, told, entry_id=self._entry.entry_id)

    def _tell_of_missing_wills(self) -> None:
        """Tell of all at once: it is how the original firmware is, and nobody wants that told for each device."""
        missing = [device for device in self._devices.values() if self._without_will.get(device.key)]
        if not missing and self._devices.keys() - self._without_will.keys():
            return
        names = tuple(sorted(device.name[:LONGEST_NAME] for device in missing))
        if names == self._listed:
            return
        self._listed = names
        about = self._entry.entry_id
        if not names:
            clear_issue(self._hass, Trouble.NO_LAST_WILL, about)
            return
        told = {"devices": listed(self._hass, (*names[:_LISTED], "…") if len(names) > _LISTED else names)}
        raise_issue(self._hass, Trouble.NO_LAST_WILL.value, about, told, entry_id=about)

    def _drop_strangers(self) -> None:
        for key in [key for key in self._checkups if key not in self._devices]:
            del self._checkups[key]
