"""Whatever may arrive on a topic of ours: bytes, any JSON, golden messages that were damaged, and plain attacks."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from hypothesis import strategies as st

from custom_components.btr.core.topics import BATH_LEAVES, BATTERY_LEAVES
from tests.integration.stories import BATH, BATH_REGISTER, NODE, OUR_SAMPLE

PROTOCOL = Path(__file__).parents[1] / "fixtures" / "protocol"
OUR_BATH = "compostlab/v2/lab-2"
TOPICS = (
    "sensor",
    *(f"{NODE}/{leaf}" for leaf in BATTERY_LEAVES),
    *(f"{base}/{leaf}" for base in (BATH, OUR_BATH) for leaf in BATH_LEAVES),
)
"""Every topic that the four devices of the stories publish on."""


class Heard(NamedTuple):
    """A message, and how long it is quiet before."""

    after_s: float
    topic: str
    payload: bytes
    retained: bool


def _golden() -> Iterator[tuple[str, str]]:
    """Every message of the protocol's fixtures: its last topic level and its payload."""
    for file in sorted(PROTOCOL.glob("*_*.json")):
        for case in json.loads(file.read_text("utf-8"))["cases"]:
            for sent in case.get("sent", [case]):
                yield sent["topic"].rpartition("/")[2], str(sent["payload"])


GOLDEN = tuple(dict.fromkeys(_golden()))
assert len(GOLDEN) > 50
_OURS = {leaf: [topic for topic in TOPICS if topic.endswith(leaf)] for leaf in (*BATTERY_LEAVES, *BATH_LEAVES)}

ATTACKS: dict[str, bytes] = {
    "nothing": b"",
    "blanks": b" \t\r\n",
    "a zero byte": b"\x00",
    "no UTF-8": b"\xff\xfe\x00{",
    "a byte order mark": b'\xef\xbb\xbf{"temp_internal_c":25}',
    "null": b"null",
    "a number": b"-0",
    "a text": b'"online"',
    "a list": b"[]",
    "an empty object": b"{}",
    "half a message": b'{"timestamp_ms":1,"temp_internal_c":',
    "a tower of lists": b"[" * 60_000,
    "a tower of objects": b'{"config":' * 6_000 + b"1" + b"}" * 6_000,
    "a tower within the limit": b'{"config":' * 15 + b"1" + b"}" * 15,
    "a megabyte": b'{"temp_internal_c":' + b"1" * 1_000_000 + b"}",
    "a number that is too large": b'{"temp_internal_c":1e999,"timestamp_ms":1e999,"seq":-1e999}',
    "a number of 4000 digits": b'{"timestamp_ms":' + b"9" * 4000 + b',"uptime_s":' + b"9" * 4000 + b"}",
    "no numbers": b'{"temp_internal_c":NaN,"boost":-Infinity,"channels":[{"code":"TempIn","value":nan}]}',
    "every key twice": b'{"temp_internal_c":20,"temp_internal_c":"x","channels":[],"channels":{}}',
    "half a character": b'{"firmware":"\\ud800","mode":"\\udfff","reason":"\\ud800","id":"\\ud800"}',
    "control characters": b'{"firmware":"a\\u0000\\u001b[31m\\n","reason":"\\u202e","mode":"\\u0007"}',
    "long texts": json.dumps(dict.fromkeys(("firmware", "reset_reason", "mode", "reason", "id"), "x" * 9000)).encode(),
    "many channels": json.dumps(
        {"channels": [{"code": f"TempOut{number}", "value": 50.0, "quality": "ok"} for number in range(1, 900)]}
    ).encode(),
    "many keys": json.dumps({f"key{number}": number for number in range(4000)}).encode(),
    "channels of nothing": b'{"channels":[null,1,[],{},{"code":1,"value":{}},{"code":"TempIn","value":[]}]}',
    "wrong types": json.dumps(
        {**{key: {"a": [1]} for key in OUR_SAMPLE}, **{key: [[]] for key in BATH_REGISTER}}
    ).encode(),
    "a year that never was": b'{"ts":"0000-13-32 25:61:61","timestamp":"9999-12-31 23:59:60","channels":[]}',
    "the end of all times": b'{"ts":"9999-12-31 23:59:59","channels":[{"code":"TempIn","value":45.5,"quality":"ok"}]}',
    "a format": b'{"firmware":"%s%n{0}{device}","reason":"{}","status":"%(x)s"}',
}
"""What somebody sends who means harm, or a node whose memory is broken."""

KEYS = sorted({*OUR_SAMPLE, *BATH_REGISTER, "channels", "code", "value", "quality", "ts", "mode", "reason", "boost"})
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(["ok", "ERR", "nan", "-127", 85, "DANGER", "1970-01-01 08:00:00", 2**32, -1, 1e308, ""])
)
ANY_JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=6), inner, max_size=6)
    ),
    max_leaves=15,
)


@st.composite
def _bitten(draw: st.DrawFn) -> tuple[str, bytes]:
    """A golden message with some of its bytes replaced, lost or repeated."""
    leaf, text = draw(st.sampled_from(GOLDEN))
    payload = bytearray(text.encode())
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(payload)))
        upto = draw(st.integers(at, min(len(payload), at + 8)))
        payload[at:upto] = draw(st.binary(max_size=4) | st.just(bytes(payload[at:upto]) * 2))
    return leaf, bytes(payload)


@st.composite
def _distorted(draw: st.DrawFn) -> tuple[str, bytes]:
    """A golden message, one of whose values is of any other kind."""
    leaf, text = draw(st.sampled_from([item for item in GOLDEN if item[1].startswith("{") and _is_json(item[1])]))
    whole: Any = json.loads(text)
    inner = whole
    while True:
        places = list(inner) if isinstance(inner, dict) else list(range(len(inner)))
        if not places:
            break
        place = draw(st.sampled_from(places))
        if isinstance(inner[place], dict | list) and draw(st.booleans()):
            inner = inner[place]
            continue
        inner[place] = draw(ANY_JSON)
        break
    return leaf, json.dumps(whole).encode()


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


@st.composite
def messages(draw: st.DrawFn) -> Heard:
    """One message on a topic of the four devices."""
    kind = draw(st.sampled_from(("bitten", "distorted", "json", "bytes", "attack")))
    leaf, payload = "", b""
    match kind:
        case "bitten":
            leaf, payload = draw(_bitten())
        case "distorted":
            leaf, payload = draw(_distorted())
        case "json":
            payload = json.dumps(draw(ANY_JSON)).encode()
        case "bytes":
            payload = draw(st.binary(max_size=120))
        case _:
            payload = draw(st.sampled_from(list(ATTACKS.values())))
    topic = draw(st.sampled_from(_OURS.get(leaf, TOPICS)))
    after_s = draw(st.sampled_from((0.0, 0.0, 0.5, 0.5, 3.0, 61.0, 3600.0)))
    return Heard(after_s, topic, payload, draw(st.booleans()))
