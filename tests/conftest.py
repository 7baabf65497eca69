"""Which tests can run in this environment; scripts/test runs each kind in its own."""

from importlib.util import find_spec

KINDS = {
    "demo": "amqtt",
    "e2e": "homeassistant",
    "integration": "homeassistant",
    "training": "torch",
}

collect_ignore = [folder for folder, needed in KINDS.items() if find_spec(needed) is None]
