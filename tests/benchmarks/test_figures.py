"""How measured slices become figures: what is subtracted, what is a median, which rows count."""

import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.load import Load
from benchmarks.measure import Slice, Summary
from benchmarks.message_path import Plan
from benchmarks.nodes import FIELDS, QuietNode
from benchmarks.report import shown, significant
from benchmarks.rows import DATABASE, written_rows
from benchmarks.tables import tables
from benchmarks.usage import Usage

QUIET = Slice(0.0, 10.0, 10.0, 0, 0.2, 0.0, [1.0] * 100, [], 0.0)


def summary(slices: Sequence[Slice]) -> Summary:
    return Summary.of(slices, os.getpid())


def test_idle_use_is_no_cost_of_a_message() -> None:
    idle = summary([QUIET])
    busy = summary([replace(QUIET, messages=200, cpu_s=0.7)])
    assert busy.cpu_s_per_1000(idle) == pytest.approx((0.07 - 0.02) / 20 * 1000)


def test_one_disturbed_slice_of_three_changes_no_median() -> None:
    calm = replace(QUIET, messages=200, cpu_s=0.5)
    disturbed = replace(calm, cpu_s=5.0, lag_ms=[500.0] * 100)
    found = summary([calm, disturbed, calm])
    assert (found.cpu_s_per_s, found.lag_p99_ms, found.lag_max_ms) == (0.05, 1.0, 500.0)


def test_a_delay_that_nobody_measured_is_none() -> None:
    assert summary([QUIET]).waited_p99_ms is None
    assert summary([replace(QUIET, waited_ms=[2.0])]).waited_p99_ms == 2.0


def test_use_of_a_process_grows_with_its_work() -> None:
    before = Usage.of(os.getpid())
    while (after := Usage.of(os.getpid())).process_cpu_s - before.process_cpu_s < 0.3:
        sum(range(10_000))
    assert after.at_s > before.at_s
    assert after.machine_cpu_s - before.machine_cpu_s >= 0.2


def test_only_the_stage_of_one_node_is_long_enough_for_the_five_minute_rows() -> None:
    plan = Plan((1, 10), slice_s=10.0, quiet_s=320.0)
    assert sum(plan.slices_s(1)) == 320.0
    assert plan.slices_s(10) == [10.0] * 3
    assert Plan((1,), 10.0, 0.0).slices_s(1) == [10.0] * 3


def test_rows_are_counted_by_entity_within_the_period(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / DATABASE)) as database:
        database.execute("CREATE TABLE states_meta (metadata_id INTEGER, entity_id TEXT)")
        database.execute("CREATE TABLE states (metadata_id INTEGER, last_updated_ts REAL)")
        database.executemany("INSERT INTO states_meta VALUES (?, ?)", [(1, "sensor.a"), (2, "sensor.b")])
        database.executemany("INSERT INTO states VALUES (?, ?)", [(1, 9.9), (1, 10.0), (1, 15.0), (2, 19.9), (2, 20.0)])
        database.commit()
    assert written_rows(tmp_path, 10.0, 20.0) == {"sensor.a": 2, "sensor.b": 1}


def test_a_node_says_the_twelve_fields_of_the_original_and_nothing_twice() -> None:
    node, twin = QuietNode(3), QuietNode(3)
    first, second = node.payload(0), node.payload(500)
    assert all(f'"{field}":'.encode() in first for field in FIELDS)
    assert len(FIELDS) == 12
    assert first != second
    assert (twin.payload(0), twin.payload(500)) == (first, second)


def test_the_load_says_once_how_far_it_was_behind() -> None:
    from multiprocessing import Value

    load = Load(Value("i", 0), Value("q", 0), Value("d", 0.25), Value("i", 1))
    assert [load.take_most_behind_s(), load.take_most_behind_s()] == [0.25, 0.0]


def test_figures_claim_three_digits() -> None:
    assert [significant(0.012345), significant(1_643_210.0), significant(None)] == [0.0123, 1_640_000.0, None]
    assert [shown(0.012345), shown(1_643_210.0), shown(None)] == ["0.0123", "1 640 000", None]


def test_the_ratio_of_two_contestants_is_in_the_table() -> None:
    figures = {
        "messages_per_s": 2.0,
        "lag_max_ms": 3.0,
        "waited_p99_ms": None,
        "others_cpu_s_per_s": 0.1,
        "lag_p99_added_ms": 2.0,
        "rss_added_mb": 10.0,
    }
    idle = {"cpu_s_per_s": 0.01, "lag_p99_ms": 1.0, "rows_per_hour": 0.0}
    contestants = [
        {
            "name": name,
            "rss_before_set_up_mb": 200.0,
            "idle": idle,
            "stages": [{"nodes": 1, "cpu_s_per_1000_messages": cpu_s, "rows_per_node_day": rows, **figures}],
        }
        for name, cpu_s, rows in (("base", 4.0, 2_000_000.0), ("ours", 1.0, 5_000.0))
    ]
    text = tables({"contestants": contestants})
    assert "| 1 nodes | 0.25 | 0.0025 | 1 | 1 |" in text
    assert "2 000 000" in text
