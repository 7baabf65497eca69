"""A series in hindsight is judged as it would have been live: same windows, same k of n, same hysteresis."""

from dataclasses import replace

import numpy as np
import pytest

from btr_core import hindsight
from btr_core.errors import SeriesError
from btr_core.hindsight import longest_s, look_back
from btr_core.messages import Level
from btr_core.risk.card import Clear, Vote
from btr_core.risk.rule_engine import RULE_CARD, RuleEngine
from btr_core.series import Sample

CARD = replace(
    RULE_CARD,
    alarm=Vote(threshold=0.8, k=2, n=3),
    warning=Vote(threshold=0.4, k=2, n=3),
    clear=Clear(threshold=0.2, hold_s=5.0),
)


class Answers:
    """An engine that gives the answers of a story, one for each window."""

    name = "story"

    def __init__(self, *risks: float, card=CARD) -> None:
        self.card = card
        self._risks = list(risks)

    def predict(self, windows):
        assert windows.shape[1] == self.card.sequence_length
        answer, self._risks = self._risks[: len(windows)], self._risks[len(windows) :]
        return np.array(answer, np.float32)


def steady(windows: int, start_s: float = 0.0) -> list[Sample]:
    """Samples that fill so many windows."""
    return [Sample(start_s + 0.5 * count, 25.0) for count in range(CARD.sequence_length - 1 + windows)]


@pytest.mark.parametrize(
    ("risks", "level", "highest"),
    [
        ((0.0, 0.0, 0.9), Level.NORMAL, Level.NORMAL),
        ((0.9, 0.0, 0.9), Level.DANGER, Level.DANGER),
        ((0.9, 0.0, 0.0, 0.9), Level.NORMAL, Level.NORMAL),
        ((0.5, 0.5), Level.WARNING, Level.WARNING),
        ((0.9, 0.9, *[0.3] * 40), Level.DANGER, Level.DANGER),
        ((0.9, 0.9, *[0.0] * 40), Level.NORMAL, Level.DANGER),
    ],
)
def test_the_level_is_what_k_of_n_and_hysteresis_of_the_card_make_of_the_windows(risks, level, highest):
    seen = look_back(steady(len(risks)), Answers(*risks))

    assert (seen.level, seen.highest_level) == (level, highest)
    assert seen.probabilities == pytest.approx(risks)
    assert seen.times_s.tolist() == [29.5 + 0.5 * count for count in range(len(risks))]


def test_the_time_of_the_highest_level_is_when_it_was_reached():
    assert look_back(steady(5), Answers(0, 0.5, 0.5, 0.9, 0.9)).highest_level_s == 31.5


def test_the_vote_is_the_one_that_decided():
    assert look_back(steady(2), Answers(0.9, 0.9)).vote == CARD.alarm
    assert look_back(steady(2), Answers(0.5, 0.5)).vote == CARD.warning
    assert look_back(steady(2), Answers(0.0, 0.0)).vote == CARD.warning


def test_windows_on_both_sides_of_a_gap_do_not_vote_together():
    seen = look_back([*steady(1), *steady(1, start_s=60.0)], Answers(0.9, 0.9))

    assert seen.level is Level.NORMAL
    assert seen.times_s.tolist() == [29.5, 89.5]


def test_what_fills_no_window_is_refused_with_what_is_needed():
    with pytest.raises(SeriesError, match="series_too_short") as refused:
        look_back([*steady(0), *steady(0, start_s=60.0)], Answers())

    assert refused.value.placeholders == {"samples": "60", "interval": "0.5", "seconds": "29.5", "gap": "10"}


def test_a_runaway_is_seen_by_the_rate_rule():
    warming = [Sample(0.5 * count, 25.0 + max(0.0, count - 60)) for count in range(90)]

    seen = look_back(warming, RuleEngine())

    assert seen.level is Level.DANGER
    assert seen.probabilities[-1] == 1.0


def test_only_the_newest_windows_are_kept_of_a_longer_series(monkeypatch):
    monkeypatch.setattr(hindsight, "_MOST_WINDOWS", 10)

    seen = look_back(steady(30), Answers(*[0.0] * 11))

    assert seen.times_s.tolist() == [39.0 + 0.5 * count for count in range(11)]


def test_a_long_window_may_look_back_less():
    assert longest_s(CARD) == 7200.0
    assert longest_s(replace(CARD, sequence_length=4096)) == 122.0


def test_peaks_keep_the_highest_of_each_stretch_and_stay_few():
    risks = [0.0, 0.7, 0.1, 0.2, 0.9]
    seen = look_back(steady(5), Answers(*risks))

    assert seen.peaks(5) == [(29.5 + 0.5 * place, pytest.approx(risk)) for place, risk in enumerate(risks)]
    assert seen.peaks(3) == [(30.0, pytest.approx(0.7)), (31.0, pytest.approx(0.2)), (31.5, pytest.approx(0.9))]
