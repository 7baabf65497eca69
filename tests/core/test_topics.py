"""Topics lead to exactly one device, and a device to exactly one topic."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from btr_core.errors import BtrError, TopicError
from btr_core.messages import DeviceKey, DeviceKind
from btr_core.topics import BATTERY_LEAVES, MAX_ID_LENGTH, TopicConfig


def battery(device_id: str) -> DeviceKey:
    return DeviceKey(DeviceKind.BATTERY, device_id)


def bath(device_id: str) -> DeviceKey:
    return DeviceKey(DeviceKind.BATH, device_id)


def test_the_defaults_subscribe_to_both_families_and_never_to_what_we_send() -> None:
    filters = TopicConfig().subscriptions()
    assert {"sensor", "btr/+/sensor", "btr/+/register", "btr/+/availability", "btr/+/late"} <= set(filters)
    assert {"compostlab/v2/+/telemetry", "compostlab/v2/+/register"} <= set(filters)
    assert not any(topic.endswith(("statue", "response", "config", "#")) for topic in filters)
    assert len(filters) == len(set(filters))


@pytest.mark.parametrize(
    ("topic", "device", "leaf"),
    [
        ("sensor", battery("battery"), "sensor"),
        ("btr/cell-7/late", battery("cell-7"), "late"),
        ("btr/电池/sensor", battery("电池"), "sensor"),
        ("lab/rack/sensor", battery("lab_rack"), "sensor"),
        ("compostlab/v2/CP500/telemetry", bath("CP500"), "telemetry"),
    ],
)
def test_a_topic_leads_to_its_device(topic: str, device: DeviceKey, leaf: str) -> None:
    route = TopicConfig(("btr/+", "", "lab/rack")).route(topic)
    assert route is not None
    assert (route.device, route.leaf) == (device, leaf)


@pytest.mark.parametrize(
    "topic",
    [
        "", "/", "/sensor", "register", "availability", "btr//sensor", "btr/sensor", "btr/a/b/sensor", "btr/#/sensor",
        "btr/+/sensor", "btr/ a/sensor", "btr/a\n/sensor", "btr/\x00/sensor", f"btr/{'x' * (MAX_ID_LENGTH + 1)}/sensor",
        "btr/$x/sensor", "btr/a/statue", "btr/a/config", "compostlab/v2/telemetry", "compostlab/v2/a/response",
        "compostlab/v2/a/b/telemetry", "xbtr/a/sensor", "statue",
    ],
)  # fmt: skip
def test_any_other_topic_is_not_ours(topic: str) -> None:
    assert TopicConfig().route(topic) is None


def test_commands_go_to_the_topic_the_device_listens_to() -> None:
    topics = TopicConfig(("btr/+", "", "lab/rack"))
    assert topics.correction_topic(battery("battery")) == "statue"
    assert topics.correction_topic(battery("cell-7")) == "btr/cell-7/statue"
    assert topics.correction_topic(battery("lab_rack")) == "lab/rack/statue"
    assert topics.command_topic(bath("CP500")) == "compostlab/v2/CP500/response"


def test_a_node_that_calls_itself_like_the_original_is_another_device() -> None:
    topics = TopicConfig(("btr/+", ""))
    named = topics.route("btr/battery/sensor")
    original = topics.route("sensor")
    assert named is not None
    assert original is not None
    assert named.device != original.device
    assert topics.correction_topic(named.device) == "btr/battery/statue"
    assert topics.correction_topic(original.device) == "statue"


@given(level=st.text(max_size=MAX_ID_LENGTH + 2), leaf=st.sampled_from(BATTERY_LEAVES))
def test_every_route_leads_back_to_its_topic(level: str, leaf: str) -> None:
    topics = TopicConfig(("lab/+/node", "", "lab/rack"))
    topic = f"lab/{level}/node/{leaf}"
    route = topics.route(topic)
    if route is not None:
        assert topics.battery_topic(route.device, leaf) == topic


@given(st.sets(st.text(alphabet="ab_", min_size=1, max_size=5), min_size=2))
def test_no_two_topics_lead_to_one_device(levels: set[str]) -> None:
    topics = TopicConfig(("btr/+", "a", "b/a", ""))
    routes = [topics.route(f"btr/{level}/sensor") for level in levels] + [
        topics.route("a/sensor"),
        topics.route("sensor"),
    ]
    devices = [route.device for route in routes if route is not None]
    assert len(devices) == len(routes) == len(set(devices))


@pytest.mark.parametrize(
    ("prefixes", "root", "reason"),
    [
        (("btr/#",), "compostlab/v2", "bad_prefix"),
        (("btr/x+",), "compostlab/v2", "bad_prefix"),
        (("+/+",), "compostlab/v2", "bad_prefix"),
        (("/btr",), "compostlab/v2", "bad_prefix"),
        (("btr/",), "compostlab/v2", "bad_prefix"),
        (("$SYS/+",), "compostlab/v2", "bad_prefix"),
        (("a\tb",), "compostlab/v2", "bad_prefix"),
        (("x" * 100,), "compostlab/v2", "bad_prefix"),
        (("btr/+",), "lab/+", "bad_prefix"),
        (("btr/+", "lab/+"), "compostlab/v2", "two_wildcards"),
        (("a/b", "a_b"), "compostlab/v2", "same_device_twice"),
        (("", "battery"), "compostlab/v2", "same_device_twice"),
        (("btr/+",), "btr", "kinds_overlap"),
        (("+",), "a/b", None),
        ((), "compostlab/v2", None),
        (("btr/+",), "", None),
        ((), "", "no_topics"),
    ],
)
def test_topics_that_cannot_work_are_refused_at_once(prefixes: tuple[str, ...], root: str, reason: str | None) -> None:
    if reason is None:
        TopicConfig(prefixes, root)
        return
    with pytest.raises(TopicError) as caught:
        TopicConfig(prefixes, root)
    assert caught.value.reason == reason
    assert isinstance(caught.value, BtrError)


@pytest.mark.parametrize("device", [bath("CP500"), battery("a/b"), battery("")])
def test_no_topic_is_made_for_a_device_that_is_no_battery(device: DeviceKey) -> None:
    with pytest.raises(TopicError):
        TopicConfig().correction_topic(device)


def test_without_a_prefix_that_leads_to_it_a_battery_has_no_topic() -> None:
    with pytest.raises(TopicError):
        TopicConfig(("",)).correction_topic(battery("cell-7"))


def test_without_a_root_there_is_no_bath_and_nothing_is_asked_for_one() -> None:
    topics = TopicConfig(("",), "")
    assert topics.subscriptions() == ("sensor",)
    assert topics.route("CP500/telemetry") is None
    assert topics.route("compostlab/v2/CP500/telemetry") is None
    with pytest.raises(TopicError):
        topics.command_topic(bath("CP500"))
