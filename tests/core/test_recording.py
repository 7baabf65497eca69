"""What is exported is what training reads."""

import re
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from btr_core.recording import as_csv, file_name
from btr_core.series import Sample
from btr_training.data import read_recording, write_recording

START = datetime(2026, 11, 22, 12, 0, 5, tzinfo=UTC)


@pytest.mark.parametrize("runaway", [False, True])
def test_training_reads_back_what_was_written(tmp_path, runaway):
    samples = [Sample(0.0, 25.0), Sample(0.5, 25.126), Sample(5.123, -3.0), Sample(3600.0, 612.5)]
    path = tmp_path / file_name("cell-7", "internal", START, runaway=runaway)
    path.write_text(as_csv(samples))

    recording = read_recording(path)

    assert recording.runaway is runaway
    assert recording.name == "cell-7_internal_20261122T120005"
    times_s = np.concatenate([times for times, _ in recording.segments])
    assert times_s.tolist() == [0.0, 0.5, 5.123]  # the single sample behind an hour's gap is dropped by training
    assert recording.segments[0][1].tolist() == [25.0, 25.13, -3.0]


def test_the_text_is_that_of_training_to_the_last_byte(tmp_path):
    samples = [Sample(0.25 * count, 20.0 + count / 7) for count in range(100)]
    write_recording(tmp_path / "theirs.csv", *np.array(samples).T)

    assert as_csv(samples).encode() == (tmp_path / "theirs.csv").read_bytes()


def test_a_repeat_has_a_name_of_its_own():
    assert file_name("a", "internal", START, runaway=True, copy=2).endswith("T120005_2_exception.csv")


@given(st.text(max_size=300), st.booleans())
def test_any_id_gives_a_name_that_stays_in_its_folder_and_says_truly_whether_the_cell_ran_away(device_id, runaway):
    name = file_name(device_id, "internal", START, runaway=runaway)

    assert re.fullmatch(r"temp_data_[A-Za-z0-9-]{1,64}_internal_20261122T120005(_exception)?\.csv", name)
    assert name.endswith("_exception.csv") is runaway
