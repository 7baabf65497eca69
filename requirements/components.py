"""Prints what the parts of Home Assistant that a demo starts require, as the installed release pins it.

`scripts/lock` puts the result into components.in, so that a real Home Assistant starts without fetching anything.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import homeassistant.components
from homeassistant import bootstrap

# A full user interface with graphs, without default_config, which looks for Bluetooth, USB and DHCP.
# fmt: off
STARTED = (
    "automation", "config", "conversation", "diagnostics", "energy", "frontend", "history", "http", "isal",
    "logbook", "logger", "media_source", "mobile_app", "mqtt", "my", "onboarding", "recorder", "scene",
    "script", "sun", "system_health", "websocket_api",
)
# fmt: on

COMPONENTS = Path(homeassistant.components.__path__[0])


def manifests(domains: Iterable[str]) -> Iterator[dict[str, list[str]]]:
    """Yield the manifest of each domain and of all that it depends on, each once."""
    waiting, seen = list(domains), set[str]()
    while waiting:
        domain = waiting.pop()
        if domain not in seen:
            seen.add(domain)
            manifest = json.loads((COMPONENTS / domain / "manifest.json").read_text("utf-8"))
            waiting += manifest.get("dependencies", [])
            yield manifest


def main() -> None:
    """Print one pinned requirement a line, sorted."""
    domains = {*STARTED, *bootstrap.CORE_INTEGRATIONS, *bootstrap.DEFAULT_INTEGRATIONS}
    pins = {pin for manifest in manifests(domains) for pin in manifest.get("requirements", [])}
    print("# Written by scripts/lock from the manifests of the pinned Home Assistant.")
    print("\n".join(sorted(pins, key=str.lower)))


if __name__ == "__main__":
    main()
