"""A wrong card beside a model is refused with file, place and remedy, by the very code that Home Assistant uses."""

import json
import re
from pathlib import Path

import pytest

from btr_core.errors import ModelCardError
from btr_core.risk.card import load_card

SHIPPED = Path(__file__).parents[2] / "custom_components" / "btr" / "models" / "battery_risk.json"


@pytest.fixture
def card(tmp_path):
    """Return a function that writes a changed card and returns what it is refused with."""

    def refused(change):
        path = tmp_path / "model.json"
        path.write_bytes(change(SHIPPED.read_text("utf-8")))
        with pytest.raises(ModelCardError) as caught:
            load_card(path)
        assert str(caught.value).startswith(f"{path}: ")
        return str(caught.value)

    return refused


def changed(**values):
    return lambda text: json.dumps(json.loads(text) | values).encode()


@pytest.mark.parametrize(
    ("change", "place", "remedy"),
    [
        (lambda _: b"", "line 1 column 1", "write the card again"),
        (
            lambda text: text.replace('"horizon_s": 20.0,', '"horizon_s" 20.0,').encode(),
            r"line \d+ column \d+",
            "again",
        ),
        (lambda text: text.encode() + b"\xff", "UTF-8", "write the card again"),
        (changed(horizon_s="soon"), "horizon_s is 'soon'", "allowed is: a number from"),
        (changed(alarm={"threshold": 0.5, "k": 4, "n": 3}), r"alarm\.k is 4", "at most n, which is 3"),
        (changed(sequence_length=0), "sequence_length is 0", "allowed is: an integer from 2"),
        (changed(author="me"), "author is 'me'", "no such key; known keys are schema"),
        (lambda _: b"[]", "the card is", "an object with the keys"),
    ],
)
def test_a_wrong_card_is_refused_with_its_place_and_what_is_allowed(card, change, place, remedy):
    said = card(change)
    assert re.search(place, said)
    assert remedy in said


def test_a_model_without_a_card_is_refused(tmp_path):
    with pytest.raises(ModelCardError, match=r"model\.json: cannot be read .*every model needs its card beside it"):
        load_card(tmp_path / "model.json")
