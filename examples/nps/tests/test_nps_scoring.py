"""Scores, groups, and the maths of the interval."""

from __future__ import annotations

from math import comb

import pytest

from nps.scoring import Group, Nps, group_of, nps, score_of


@pytest.mark.parametrize(("option", "score"), [("0", 0), ("6", 6), ("9", 9), ("10", 10)])
def test_the_options_0_to_10_are_scores(option: str, score: int) -> None:
    assert score_of(option) == score


@pytest.mark.parametrize("option", ["*", "#", "A", "11", "09", "00", "100", "-1", "9.0", "", " 9", "٩", "²"])
def test_nothing_else_is_a_score(option: str) -> None:
    assert score_of(option) is None


def test_detractors_passives_promoters() -> None:
    assert [group_of(score).value[0:2] for score in range(11)] == ["de"] * 7 + ["pa"] * 2 + ["pr"] * 2
    assert nps([0, 6, 7, 8, 9, 10, 10]) == Nps(detractors=2, passives=2, promoters=3)
    assert [one.value for one in Group] == ["detractor", "passive", "promoter"]


def test_the_score_is_promoters_less_detractors() -> None:
    assert Nps(detractors=5, passives=12, promoters=19).value == pytest.approx(38.888, abs=0.001)
    assert nps([10]).value == 100
    assert nps([0]).value == -100
    assert nps([]).value is None


def test_the_interval_has_the_values_worked_out_by_hand() -> None:
    """36 answers: (19.75 - 5.75) / 39 = .35897; √((.50641 + .14744 - .35897²) / 39) = .116025; × 1.959964 = .227405"""
    low, high = Nps(detractors=5, passives=12, promoters=19).interval or (0, 0)
    assert (low, high) == (pytest.approx(13.157, abs=0.01), pytest.approx(58.638, abs=0.01))


def test_one_answer_is_not_sure_of_itself() -> None:
    low, high = nps([10]).interval or (0, 0)
    assert low < 0
    assert high == 100
    assert nps([]).interval is None


@pytest.mark.parametrize(("detractor", "promoter"), [(0.2, 0.5), (0.1, 0.8), (0.4, 0.4), (0.6, 0.1)])
@pytest.mark.parametrize("answers", [8, 20])
def test_the_interval_holds_the_true_score_95_times_of_100(detractor: float, promoter: float, answers: int) -> None:
    """Not by chance: every possible outcome, weighted by how probable it is."""
    covered = 0.0
    for d in range(answers + 1):
        for p in range(answers + 1 - d):
            low, high = Nps(detractors=d, passives=answers - d - p, promoters=p).interval or (0, 0)
            if low <= 100 * (promoter - detractor) <= high:
                covered += (comb(answers, d) * comb(answers - d, p) * detractor**d * promoter**p
                            * (1 - detractor - promoter) ** (answers - d - p))
    assert 0.92 < covered < 0.99
