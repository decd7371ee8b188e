"""Scoring: what is a score, whom it makes of a caller, and the Net Promoter Score with its 95 % interval. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from math import sqrt

SCORES = range(11)
Z_95 = 1.959964


class Group(StrEnum):
    """What a score makes of the caller who gave it."""

    DETRACTOR = "detractor"  # 0 to 6
    PASSIVE = "passive"  # 7 and 8
    PROMOTER = "promoter"  # 9 and 10


def score_of(option: str) -> int | None:
    """The score that a menu's option is; None for `*`, `#`, letters and other numbers."""
    return next((score for score in SCORES if str(score) == option), None)


def group_of(score: int) -> Group:
    if score <= 6:
        return Group.DETRACTOR
    return Group.PASSIVE if score <= 8 else Group.PROMOTER


@dataclass(frozen=True, slots=True)
class Nps:
    """How many callers of each group, and what follows from it. Values go from -100 to 100."""

    detractors: int = 0
    passives: int = 0
    promoters: int = 0

    @property
    def answers(self) -> int:
        return self.detractors + self.passives + self.promoters

    @property
    def value(self) -> float | None:
        """The share of promoters less the share of detractors; None without answers."""
        return 100 * (self.promoters - self.detractors) / self.answers if self.answers else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Where the score of all callers lies, with 95 % confidence; None without answers.

        The adjusted Wald interval: three made-up answers (¾ promoter, 1½ passive, ¾ detractor) are added first, so
        that it is honest for few answers too, where the plain one says "+100, quite sure" after a single 10
        (B. Rocks, Interval Estimation for the Net Promoter Score, The American Statistician 70, 2016). Where it would
        leave out the score itself (all answers alike), it is stretched to it.
        """
        value = self.value
        if value is None:
            return None
        n = self.answers + 3
        promoters, detractors = (self.promoters + 0.75) / n, (self.detractors + 0.75) / n
        centre = promoters - detractors
        margin = Z_95 * sqrt((promoters + detractors - centre**2) / n)
        return max(-100.0, min(value, 100 * (centre - margin))), min(100.0, max(value, 100 * (centre + margin)))


def nps(scores: Iterable[int]) -> Nps:
    groups = Counter(group_of(score) for score in scores)
    return Nps(groups[Group.DETRACTOR], groups[Group.PASSIVE], groups[Group.PROMOTER])
