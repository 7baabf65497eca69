"""How callgrind's and size's words become figures of the firmware."""

import json

import pytest

from benchmarks.firmware import CASES, MQTT_LINK, PEERS, REPORT, estimate, mailboxes_of, statics_of, tables, total_of

SIZE = """
json.cpp.o   (ex libbtr_protocol.a):
section                size   addr
.text                   900      0
.data                     8      0
.bss                   4096      0
.bss._ZN3arenaE       22528      0
.data.rel.ro.local      240      0
.rodata                 100      0
Total                 27872
"""


def test_instructions_are_the_sum_of_what_was_collected() -> None:
    assert total_of("events: Ir\nsummary: 5361684\n\ntotals: 5361684\n") == 5361684


@pytest.mark.parametrize("nothing", ["events: Ir\n", "summary: 0\n"])
def test_nothing_collected_is_no_figure(nothing: str) -> None:
    with pytest.raises(SystemExit, match="nothing"):
        total_of(nothing)


def test_static_memory_is_what_can_be_written() -> None:
    assert statics_of(SIZE) == 8 + 4096 + 22528


def test_mailboxes_are_those_of_the_device() -> None:
    assert mailboxes_of("    Mailbox<2 * 1024> a_;\n    protocol::PostBuffer b_;  // own\n", 10) == 2058
    assert mailboxes_of(MQTT_LINK.read_text(encoding="utf-8"), 0) > 0


def test_an_estimate_is_two_cycles_an_instruction_at_240_mhz() -> None:
    found = estimate(120_000, 20)
    assert found["estimated_us"] == pytest.approx(1000)
    assert found["estimated_share_of_a_core"] == pytest.approx(0.05)
    assert estimate(1, None)["estimated_share_of_a_core"] is None


def test_the_report_has_every_case_and_its_peer() -> None:
    found = json.loads(REPORT.read_text(encoding="utf-8"))
    assert [case["case"] for case in found["cases"]] == list(CASES)
    text = tables(found)
    assert all(name in text for name in (*CASES, *PEERS.values(), "ESP32-S3"))
