"""Colour: what people write as #rrggbb, and whether words in it can be read (WCAG 2, relative luminance)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

#: Words and the ground under them differ by so much at least (level AA).
LEGIBLE = 4.5
_WRITTEN = re.compile(r"#[0-9a-fA-F]{6}")
_STEPS = 20


@dataclass(frozen=True, slots=True)
class Colour:
    """Red, green and blue, each 0–255."""

    red: int
    green: int
    blue: int

    @classmethod
    def read(cls, text: str) -> Self:
        """Raises ValueError that says how it is written."""
        if not _WRITTEN.fullmatch(text):
            raise ValueError("write a colour like #00695c")
        return cls(*bytes.fromhex(text[1:]))

    def __str__(self) -> str:
        return f"#{self.red:02x}{self.green:02x}{self.blue:02x}"

    def contrast(self, other: Colour) -> float:
        """From 1 (the same) to 21 (black on white)."""
        dark, light = sorted((self._luminance, other._luminance))
        return (light + 0.05) / (dark + 0.05)

    def check_on_white(self) -> None:
        """Raises ValueError when words in it, or white words on it, cannot be read."""
        contrast = self.contrast(WHITE)
        if contrast < LEGIBLE:
            raise ValueError(
                f"{self} on white has a contrast of {contrast:.1f}, and {LEGIBLE} is needed: take a darker one")

    def on_dark(self) -> Colour:
        """The same, made lighter until it can be read on the dark theme's ground."""
        parts = (self.red, self.green, self.blue)
        for step in range(_STEPS + 1):
            lighter = Colour(*(round(part + (255 - part) * step / _STEPS) for part in parts))
            if lighter.contrast(DARK_GROUND) >= LEGIBLE:
                return lighter
        return WHITE

    @property
    def _luminance(self) -> float:
        red, green, blue = (_linear(part / 255) for part in (self.red, self.green, self.blue))
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


WHITE = Colour(255, 255, 255)
#: The lightest ground of the dark theme on which links stand (`--tint` in portal.css), a little lighter still.
DARK_GROUND = Colour(0x34, 0x3f, 0x50)
