"""Two devices that share one id, and the many things that one device does that only look like it."""

from hypothesis import given, settings
from hypothesis import strategies as st

from btr_core.twins import TwinWatch

WRAP_MS = 1 << 32


class Node:
    """A node that counts its time since boot and its messages."""

    def __init__(self, booted_s: float, *, numbers: bool = False, wraps_at_ms: int = 0) -> None:
        self.booted_s = booted_s
        self.seq = 0 if numbers else None
        self.offset_ms = wraps_at_ms

    def says(self, watch: TwinWatch, now_s: float, held_back_s: float = 0.0) -> None:
        taken_ms = round((now_s - held_back_s - self.booted_s) * 1000)
        watch.hear_counter((taken_ms + self.offset_ms) % WRAP_MS, self.seq, now_s)
        if self.seq is not None:
            self.seq += 1


def together(*nodes: Node, minutes: float, watch: TwinWatch, apart_s: float = 0.13, period_s: float = 0.5) -> float:
    """All nodes speak at the same rhythm, one shortly after the other; returns when they end."""
    now_s = 10_000.0
    for _ in range(round(minutes * 60 / period_s)):
        now_s += period_s
        for place, node in enumerate(nodes):
            node.says(watch, now_s + place * apart_s)
    return now_s


def test_two_nodes_that_were_switched_on_at_different_times_are_found():
    watch = TwinWatch(300)

    now_s = together(Node(0), Node(9_000), watch=watch, minutes=1)

    assert watch.verdict(now_s) is True


def test_two_nodes_on_either_side_of_the_wrap_are_found():
    watch = TwinWatch(300)

    now_s = together(Node(0), Node(0, wraps_at_ms=WRAP_MS - 5_000_000), watch=watch, minutes=1)

    assert watch.verdict(now_s) is True


def test_two_nodes_that_were_switched_on_together_are_found_by_their_numbers():
    watch = TwinWatch(300)
    first, second = Node(0, numbers=True), Node(0, numbers=True)
    second.seq = 3

    now_s = together(first, second, watch=watch, minutes=1)

    assert watch.verdict(now_s) is True


def test_two_nodes_that_throw_each_other_off_the_broker_are_found():
    """With one client id each connects, speaks for some seconds, and is thrown off by the other."""
    watch = TwinWatch(300)
    first, second = Node(0), Node(9_000)
    now_s = 10_000.0
    for _ in range(10):
        for node in (first, second):
            now_s += 3
            for _ in range(10):
                now_s += 0.5
                node.says(watch, now_s)

    assert watch.verdict(now_s) is True


def test_when_one_of_them_is_gone_it_is_over_after_the_window():
    watch = TwinWatch(300)
    node = Node(0)
    now_s = together(node, Node(9_000), watch=watch, minutes=1)
    for _ in range(2 * 200):
        now_s += 0.5
        node.says(watch, now_s)
    assert watch.verdict(now_s) is not False
    for _ in range(2 * 101):
        now_s += 0.5
        node.says(watch, now_s)

    assert watch.verdict(now_s) is False


def test_nobody_can_say_before_the_window_is_over():
    watch = TwinWatch(300)
    assert watch.verdict(0) is None

    now_s = together(Node(0), watch=watch, minutes=4.9)

    assert watch.verdict(now_s) is None
    assert watch.verdict(now_s + 10) is False


def test_a_node_that_keeps_rebooting_is_one_node():
    watch = TwinWatch(300)
    now_s = 10_000.0
    for _ in range(60):
        node = Node(now_s, numbers=True)
        now_s += 4
        for _ in range(6):
            now_s += 0.5
            node.says(watch, now_s)

    assert watch.verdict(now_s) is False


def test_a_number_that_stands_still_is_no_second_node():
    watch = TwinWatch(300)
    for count in range(2 * 360):
        watch.hear_counter(count * 500, 1, count / 2)

    assert watch.verdict(360) is False


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["on time", "lost", "held back", "reboot"]),
            st.floats(0.5, 90),
        ),
        min_size=5,
        max_size=120,
    ),
    st.integers(0, WRAP_MS - 1),
    st.booleans(),
)
def test_whatever_happens_to_one_node_it_is_one_node(events, boot_ms, numbers):
    """Messages in the order in which one connection brings them: lost, held back and flushed at once, or a reboot."""
    watch = TwinWatch(300)
    node, now_s = Node(0, numbers=numbers, wraps_at_ms=boot_ms), 100.0
    for kind, seconds in events:
        if kind == "lost":
            now_s += seconds
        elif kind == "reboot":
            now_s += min(seconds, 10)
            node = Node(now_s - 2, numbers=numbers)
        elif kind == "held back":
            taken = [now_s + 0.5 * step for step in range(1, round(seconds * 2))]
            now_s += seconds
            for at_s in taken:
                node.says(watch, now_s, held_back_s=now_s - at_s)
        for _ in range(4):
            now_s += 0.5
            node.says(watch, now_s)

    assert watch.verdict(now_s) is not True


def test_a_counter_that_only_leaps_ahead_is_one_node():
    """Whatever makes it do so: nobody fell back to where another one had stopped."""
    watch = TwinWatch(300)
    for count in range(2 * 360):
        watch.hear_counter(count * 500 + count // 20 * 60_000, None, count / 2)

    assert watch.verdict(360) is False


# --- a bath of the original firmware has no counter: only what it measures tells


def levels(core: float, tank: float, outlet: float) -> dict[str, float]:
    return {"core": core, "tank": tank, "outlet_1": outlet}


def test_two_baths_are_found_by_temperatures_that_jump_and_return():
    watch = TwinWatch(1200)
    for minute in range(12):
        watch.hear_levels(levels(45, 70, 55), minute * 60.0)
        watch.hear_levels(levels(21, 24, 22), minute * 60.0 + 25)

    assert watch.verdict(720) is True


def test_two_baths_of_different_rhythm_are_found():
    watch = TwinWatch(1200)
    for minute in range(12):
        watch.hear_levels(levels(45, 70, 55), minute * 60.0)
        for seconds in (10, 30, 50):
            watch.hear_levels(levels(21, 24, 22), minute * 60.0 + seconds)

    assert watch.verdict(720) is True


def test_one_probe_with_a_bad_contact_is_no_second_bath():
    watch = TwinWatch(1200)
    for minute in range(60):
        watch.hear_levels(levels(45, 70 if minute % 2 else 20, 55), minute * 60.0)

    assert watch.verdict(3600) is False


def test_a_bath_that_is_filled_and_heated_again_and_again_is_one_bath():
    watch = TwinWatch(1200)
    for minute in range(600):
        fresh = minute % 60
        tank = 20 + min(fresh * 2, 50)
        watch.hear_levels(levels(tank - 5, tank, tank - 2), minute * 60.0)

    assert watch.verdict(36_000) is False


def test_a_bath_that_is_heated_in_large_steps_is_one_bath():
    """At the slowest rhythm a small tank rises by ten degrees from message to message, and a refill takes it all."""
    watch = TwinWatch(1200)
    for count in range(200):
        tank = 20 + count % 7 * 10
        watch.hear_levels(levels(tank - 5, tank, tank - 2), count * 110.0)

    assert watch.verdict(22_000) is False


def test_where_only_one_of_two_probes_returns_there_is_one_bath():
    """One with a bad contact, and one in a tank that is heated and refilled."""
    watch = TwinWatch(1200)
    for count in range(60):
        watch.hear_levels(levels(45 if count % 2 else 20, 20 + count % 9 * 6, 50), count * 110.0)

    assert watch.verdict(6600) is False
