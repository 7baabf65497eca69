"""A card is complete and true, or the model is refused in words that say what to do."""

import json
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from btr_core.errors import ModelCardError
from btr_core.risk.card import Vote, load_card, parse_card, verify

MODELS = Path(__file__).parents[1] / "fixtures" / "models"
GOOD = json.loads((MODELS / "rate.json").read_text("utf-8"))
MODEL = (MODELS / "rate.onnx").read_bytes()


def changed(path: str, value: object) -> str:
    card = json.loads(json.dumps(GOOD))
    *parents, key = path.split(".")
    place = card
    for parent in parents:
        place = place[parent]
    if value is ...:
        del place[key]
    else:
        place[key] = value
    return json.dumps(card)


def test_a_good_card_is_read_completely():
    card = load_card(MODELS / "rate.json")
    assert (card.sequence_length, card.interval_s, card.alarm) == (60, 0.5, Vote(0.5, 2, 3))
    assert card.input_range_c == (-40.0, 200.0)
    assert card.training_data_description


@pytest.mark.parametrize("key", [*GOOD, "alarm.k", "warning.threshold", "clear.hold_s", "training_data.sha256"])
def test_every_key_is_required(key):
    with pytest.raises(ModelCardError, match=f"card.json: {key} is 'nothing', allowed is: this key is required"):
        parse_card(changed(key, ...), "card.json")


@pytest.mark.parametrize("key", ["threshold", "alarm.hold_s", "training_data.path"])
def test_an_unknown_key_is_an_error(key):
    with pytest.raises(ModelCardError, match=f"{key} is 1, allowed is: no such key; known keys are"):
        parse_card(changed(key, 1), "card.json")


@pytest.mark.parametrize(
    ("key", "value", "allowed"),
    [
        ("schema", 2, "an integer from 1 to 1"),
        ("name", " ", "a non-empty text"),
        ("sequence_length", 60.0, "an integer from 2 to 4096"),
        ("sequence_length", True, "an integer"),
        ("sequence_length", 10**9, "an integer"),
        ("interval_s", 0, "a number from 0.05 to 60"),
        ("interval_s", "0.5", "a number"),
        ("horizon_s", -1, "a number"),
        ("alarm", 0.5, "an object with the keys threshold, k, n"),
        ("alarm.threshold", 1.5, "a number from 0 to 1"),
        ("alarm.k", 4, "at most n, which is 3"),
        ("warning.k", 0, "an integer from 1 to 32"),
        ("warning.threshold", 0.6, "at most alarm.threshold"),
        ("clear.threshold", 0.4, "at most warning.threshold"),
        ("input_range_c", [200, -40], "the lower first"),
        ("input_range_c", [0], "a list of two temperatures"),
        ("input_range_c.", "x", "no such key"),
        ("metrics", [], "an object"),
        ("sha256", "ABC", "64 lower-case hexadecimal digits"),
        ("training_data.sha256", None, "64 lower-case"),
    ],
)
def test_a_wrong_value_is_named_with_what_is_allowed(key, value, allowed):
    if key.endswith("."):
        key = key.rstrip(".") + "_"
    with pytest.raises(ModelCardError, match=f"card.json: {key} is .*allowed is: .*{allowed}"):
        parse_card(changed(key, value), "card.json")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "\xff".encode("latin-1"),
        changed("interval_s", float("nan")),
        changed("metrics", {"auc": float("inf")}),
        '{"schema": 1, "schema": 1}',
        "[" * 100_000,
        json.dumps(GOOD).replace("0.5", "1e999"),
    ],
    ids=["empty", "cut", "list", "null", "not UTF-8", "NaN", "Infinity", "key twice", "too deep", "too large"],
)
def test_what_is_no_card_at_all_is_refused(text):
    with pytest.raises(ModelCardError, match=r"^card\.json: "):
        parse_card(text, "card.json")


def test_i6_a_missing_or_huge_card_is_refused(tmp_path):
    with pytest.raises(ModelCardError, match=r"cannot be read .*every model needs its card"):
        load_card(tmp_path / "no.json")
    (tmp_path / "huge.json").write_bytes(b" " * 300_000)
    with pytest.raises(ModelCardError, match="larger than"):
        load_card(tmp_path / "huge.json")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from([*GOOD, "alarm.k", "clear.hold_s", "training_data.sha256"]), JSON)
def test_any_value_anywhere_is_taken_or_refused_in_words(key, value):
    try:
        card = parse_card(changed(key, value), "card.json")
    except ModelCardError as error:
        assert "card.json" in str(error)  # noqa: PT017
    else:
        assert 1 <= card.alarm.k <= card.alarm.n
        assert card.clear.threshold <= card.warning.threshold <= card.alarm.threshold


@given(st.binary(max_size=200))
def test_any_bytes_are_no_card_and_nothing_worse(data):
    with pytest.raises(ModelCardError):
        parse_card(data, "card.json")


def test_m1_a_model_is_its_cards_model():
    card = load_card(MODELS / "rate.json")
    assert verify(MODEL, card).opsets == {"ai.onnx": 17}
    for damaged in (MODEL + b"\0", MODEL[:-7], b""):
        with pytest.raises(ModelCardError, match="SHA-256 of the file is"):
            verify(damaged, card)


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"interval_s": 1.0}, "sample_interval_s"),
        ({"alarm": Vote(0.6, 2, 3)}, "threshold"),
        ({"alarm": Vote(0.5, 3, 3)}, "consecutive"),
    ],
)
def test_m1_card_and_metadata_must_agree(change, key):
    card = replace(load_card(MODELS / "rate.json"), **change)
    with pytest.raises(ModelCardError, match=f"metadata {key} is .*, the card says"):
        verify(MODEL, card)


def test_m1_metadata_that_is_missing_is_refused():
    bare = MODEL.replace(b"consecutive", b"consecutivf")
    card = replace(load_card(MODELS / "rate.json"), sha256=sha256(bare).hexdigest())
    with pytest.raises(ModelCardError, match="metadata consecutive is 'None'"):
        verify(bare, card)
