"""Charts: SVG as text, with a title for those who hear it. Colours come from the style sheet (classes only)."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from nps.figures import Step
from nps.scoring import Nps, group_of


def signed(value: float | None) -> str:
    """A score as it is written: +32, 0, −8; a dash when there is none."""
    if value is None:
        return "–"
    whole = round(value)
    return f"+{whole}" if whole > 0 else str(whole).replace("-", "−")


def spoken(one: Nps) -> str:
    """A score in words: for titles and tables."""
    if one.interval is None:
        return "no answers"
    low, high = one.interval
    return f"{signed(one.value)}, 95 % between {signed(low)} and {signed(high)}, {one.answers} answer{'s'[: one.answers != 1]}"


def scale(one: Nps, width: int = 220) -> str:
    """A line from -100 to 100 with the interval on it and a dot for the score."""
    if one.interval is None or one.value is None:
        return ""

    def x(value: float) -> float:
        return round(8 + (value + 100) / 200 * (width - 16), 1)

    low, high = one.interval
    return (
        f'<svg class="scale" viewBox="0 0 {width} 20" width="{width}" height="20" role="img"><title>{spoken(one)}</title>'
        f'<line class="axis" x1="8" x2="{width - 8}" y1="10" y2="10"/><line class="axis" x1="{x(0)}" x2="{x(0)}" y1="4" y2="16"/>'
        f'<rect class="band" x="{x(low)}" y="6" width="{max(2.0, round(x(high) - x(low), 1))}" height="8" rx="4"/>'
        f'<circle class="dot" cx="{x(one.value)}" cy="10" r="5"/></svg>'
    )


def shares(one: Nps, width: int = 600) -> str:
    """One bar: detractors, passives, promoters."""
    parts, x = [], 0.0
    for name, count in (("detractor", one.detractors), ("passive", one.passives), ("promoter", one.promoters)):
        wide = round(count / max(1, one.answers) * width, 1)
        if count:
            parts.append(f'<rect class="{name}" x="{x}" y="0" width="{max(1.0, wide - 3)}" height="14" rx="3"/>')
        x = round(x + wide, 1)
    return (
        f'<svg class="shares" viewBox="0 0 {width} 14" preserveAspectRatio="none" role="img"><title>{one.detractors} detractors, '
        f"{one.passives} passives, {one.promoters} promoters</title>{''.join(parts)}</svg>"
    )


def over_time(steps: Sequence[Step], per: str, width: int, kind: str) -> str:
    """The score of each step with its interval. Steps without an answer are left out of the line."""
    height, left, right, top, bottom = 240, 44, 14, 14, 28
    across = (width - left - right) / len(steps)

    def x(i: int) -> float:
        return round(left + across * (i + 0.5), 1)

    def y(value: float) -> float:
        return round(top + (100 - value) / 200 * (height - top - bottom), 1)

    parts = [
        f'<svg class="chart {kind}" viewBox="0 0 {width} {height}" role="img"><title>Net Promoter Score, each {escape(per)}: '
        f"{escape('; '.join(f'{one.label} {spoken(one.nps)}' for one in steps if one.nps.answers) or 'no answers yet')}</title>"
    ]
    for value in (-100, -50, 0, 50, 100):
        parts.append(
            f'<line class="{"zero" if value == 0 else "grid"}" x1="{left}" x2="{width - right}" y1="{y(value)}" y2="{y(value)}"/>'
            f'<text class="tick end" x="{left - 8}" y="{y(value) + 4}">{signed(value)}</text>'
        )
    for i in range(len(steps) - 1, -1, -_every(len(steps), width)):
        parts.append(
            f'<text class="tick mid" x="{min(x(i), width - right - 18)}" y="{height - 8}">{escape(steps[i].label)}</text>'
        )
    bar = min(18.0, across * 0.6)
    line: list[str] = []
    for i, one in enumerate(steps):
        if one.nps.interval is None or one.nps.value is None:
            continue
        low, high = one.nps.interval
        line.append(f"{x(i)},{y(one.nps.value)}")
        parts.append(
            f'<rect class="band" x="{round(x(i) - bar / 2, 1)}" y="{y(high)}" width="{round(bar, 1)}" '
            f'height="{round(y(low) - y(high), 1)}" rx="{round(min(4.0, bar / 2), 1)}"><title>{escape(one.label)}: '
            f"{spoken(one.nps)}</title></rect>"
        )
    parts.append(f'<polyline class="line" points="{" ".join(line)}"/>')
    parts += [f'<circle class="dot" cx="{point.split(",")[0]}" cy="{point.split(",")[1]}" r="4"/>' for point in line]
    return "".join(parts) + "</svg>"


def distribution(counts: Sequence[int]) -> str:
    """How often each score was given."""
    height, bottom, top, most = 200, 26, 22, max(1, *counts)
    parts = [
        f'<svg class="chart" viewBox="0 0 396 {height}" role="img"><title>How often each score was given: '
        f"{', '.join(f'{score}: {count}' for score, count in enumerate(counts))}</title>"
    ]
    for score, count in enumerate(counts):
        tall = round(count / most * (height - top - bottom), 1)
        middle = score * 36 + 18
        parts.append(
            f'<rect class="{group_of(score).value}" x="{middle - 13}" y="{height - bottom - max(tall, 2)}" width="26" '
            f'height="{max(tall, 2)}" rx="3"/><text class="tick mid" x="{middle}" y="{height - 8}">{score}</text>'
        )
        if count:
            parts.append(f'<text class="count mid" x="{middle}" y="{height - bottom - tall - 6}">{count}</text>')
    return "".join(parts) + "</svg>"


def _every(steps: int, width: int) -> int:
    """Each how-manieth step has room for its label."""
    return max(1, -(-steps * 66 // width))
