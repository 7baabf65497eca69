"""Many traces in two arrays: the same traces, and shared by processes instead of copied."""

import numpy as np
import pytest

from btr_training.scale_out import Workers
from btr_training.trace_set import TraceSet
from btr_training.windows import Trace

MEGABYTE = 2**20


def trace(name, samples):
    temp_c = np.arange(samples, dtype=np.float32)
    return Trace(name, f"experiment of {name}", "benign", 1.5, temp_c, temp_c + 0.5)


def same(one, other):
    heads = [(some.name, some.experiment, some.kind, some.start_s, some.hours) for some in (one, other)]
    samples = np.array_equal(one.temp_c, other.temp_c) and np.array_equal(one.clean_c, other.clean_c)
    return heads[0] == heads[1] and samples


def test_a_set_gives_back_its_traces_in_order():
    traces = [trace("a", 5), trace("b", 0), trace("c", 7)]
    held = TraceSet.of(traces)
    assert len(held) == 3
    assert all(same(one, other) for one, other in zip(held, traces, strict=True))
    assert same(held[-1], traces[2])
    assert [one.name for one in held[1:]] == ["b", "c"]
    with pytest.raises(IndexError):
        held[3]


def test_an_empty_set_is_false_as_an_empty_tuple_is():
    assert not TraceSet.of(())
    assert list(TraceSet.of(())) == []


def file_behind(traces):
    """The file that the samples of the last trace are mapped from, None for memory of the process, and their sum."""
    samples = traces[-1].temp_c
    base = samples
    while base is not None and not isinstance(base, np.memmap):
        base = base.base
    return None if base is None else base.filename, float(samples.sum())


def test_all_processes_read_the_samples_from_one_file():
    held = TraceSet.of([trace(str(number), 1000) for number in range(2 * MEGABYTE // 4000)])
    answers = list(Workers(2).run(file_behind, [(held,)] * 4))
    files = {file for file, _ in answers}
    assert len(files) == 1
    assert None not in files, "copied into the task"
    assert {total for _, total in answers} == {float(held[-1].temp_c.sum())}
