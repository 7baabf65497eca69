"""The texts and icons of the integration, as the tests of them read them."""

import json
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

INTEGRATION = Path(__file__).parents[2] / "custom_components" / "btr"
LANGUAGES = ("en", "zh-Hans")

Texts = dict[str, Any]


def load(name: str) -> Texts:
    """Return a JSON file of the integration; a key that stands there twice would hide the texts of one of them."""

    def unique(pairs: list[tuple[str, Any]]) -> Texts:
        keys = [key for key, _ in pairs]
        assert len(keys) == len(set(keys)), f"{name}: {sorted(key for key in keys if keys.count(key) > 1)} twice"
        return dict(pairs)

    content: Texts = json.loads((INTEGRATION / name).read_text(), object_pairs_hook=unique)
    return content


def leaves(texts: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield every text with the path of its keys."""
    if isinstance(texts, str):
        yield path, texts
    else:
        for key, value in texts.items():
            yield from leaves(value, (*path, key))


def placeholders(text: str) -> set[str]:
    """Return the names of what a text has filled in."""
    return {field for _, field, _, _ in string.Formatter().parse(text) if field is not None}
