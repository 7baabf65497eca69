#!/usr/bin/env python3
"""Draw the brand images of the integration: a battery cell that holds a flame above the water of a bath.

The pictures in ``custom_components/btr/brand`` are made by this program and by nothing else, so that the mark can be
changed without a drawing program: run it with the project's Python and commit what it writes. It needs Pillow, which
Home Assistant brings along, and no font: the letters of the logo are strokes.

Coordinates are those of a square of 512 units, y downwards.
"""

import math
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw

Point = tuple[float, float]
Colour = tuple[int, int, int]
Box = tuple[float, float, float, float]
# A cubic curve piece: two control points and the end; it starts where the last one ended.
Piece = tuple[Point, Point, Point]

BRAND = Path(__file__).resolve().parent.parent / "custom_components" / "btr" / "brand"
UNITS = 512
# Drawn this much larger and reduced at the end: Pillow's own edges are not smooth.
OVERSAMPLING = 4

FLAME = ((255, 196, 61), (244, 63, 36))
CORE = ((255, 249, 219), (255, 214, 92))
WATER_BACK = ((103, 206, 232), (58, 164, 216))
WATER_FRONT = ((32, 152, 209), (12, 84, 158))


@dataclass(frozen=True)
class Theme:
    """Colours that must stand out from the page: ink for the case and the letters, and the inside of the case."""

    prefix: str
    ink: Colour
    inside: Colour


THEMES = (
    Theme(prefix="", ink=(30, 45, 61), inside=(255, 246, 232)),
    Theme(prefix="dark_", ink=(236, 241, 245), inside=(37, 47, 60)),
)

# The flame leans to one side, like a real one.
FLAME_START: Point = (250, 128)
FLAME_PIECES: tuple[Piece, ...] = (
    ((276, 172), (352, 206), (358, 288)),
    ((364, 360), (322, 416), (256, 416)),
    ((188, 416), (148, 362), (154, 302)),
    ((158, 264), (182, 240), (188, 208)),
    ((204, 220), (214, 234), (220, 252)),
    ((246, 216), (260, 176), (250, 128)),
)
CORE_START: Point = (268, 238)
CORE_PIECES: tuple[Piece, ...] = (
    ((280, 276), (314, 296), (312, 342)),
    ((310, 380), (290, 404), (256, 404)),
    ((222, 404), (200, 378), (202, 346)),
    ((204, 322), (218, 310), (224, 292)),
    ((234, 300), (240, 308), (242, 318)),
    ((257, 296), (268, 270), (268, 238)),
)
CASE = (92, 68, 420, 502)
CASE_RADIUS = 80
CASE_STROKE = 30
TERMINAL = (188, 10, 324, 92)
TERMINAL_RADIUS = 26


class Canvas:
    """A transparent picture of ``width`` by 512 units on which masks are filled with colour."""

    def __init__(self, width: int = UNITS) -> None:
        """Start empty."""
        self.image = Image.new("RGBA", (width * OVERSAMPLING, UNITS * OVERSAMPLING))

    def mask(self) -> tuple[Image.Image, ImageDraw.ImageDraw]:
        """Return an empty mask of the picture's size and what draws on it."""
        mask = Image.new("L", self.image.size)
        return mask, ImageDraw.Draw(mask)

    def fill(self, mask: Image.Image, top: Colour, bottom: Colour | None = None) -> None:
        """Colour what the mask covers, from ``top`` to ``bottom`` over the height of the covered part."""
        if (box := mask.getbbox()) is None:
            return
        paint = Image.new("RGB", self.image.size, top)
        if bottom is not None:
            ramp = Image.linear_gradient("L").resize((box[2] - box[0], box[3] - box[1]))
            colours = Image.composite(Image.new("RGB", ramp.size, bottom), Image.new("RGB", ramp.size, top), ramp)
            paint.paste(colours, box[:2])
        self.image.alpha_composite(_with_alpha(paint, mask))

    def rounded(self, box: Box, radius: float) -> Image.Image:
        """Mask of a rectangle with round corners."""
        mask, draw = self.mask()
        draw.rounded_rectangle([v * OVERSAMPLING for v in box], radius * OVERSAMPLING, fill=255)
        return mask

    def polygon(self, points: list[Point]) -> Image.Image:
        """Mask of a closed outline."""
        mask, draw = self.mask()
        draw.polygon([(x * OVERSAMPLING, y * OVERSAMPLING) for x, y in points], fill=255)
        return mask

    def stroke(self, points: list[Point], width: float) -> Image.Image:
        """Mask of a line with round ends and joints."""
        mask, draw = self.mask()
        scaled = [(x * OVERSAMPLING, y * OVERSAMPLING) for x, y in points]
        radius = width * OVERSAMPLING / 2
        draw.line(scaled, fill=255, width=round(2 * radius))
        for x, y in scaled:
            draw.ellipse((x - radius, y - radius, x + radius - 1, y + radius - 1), fill=255)
        return mask


def _with_alpha(paint: Image.Image, mask: Image.Image) -> Image.Image:
    result = paint.convert("RGBA")
    result.putalpha(mask)
    return result


def outline(start: Point, pieces: tuple[Piece, ...], steps: int = 48) -> list[Point]:
    """Points along cubic curves."""
    points = [start]
    for piece in pieces:
        knots = (points[-1], *piece)
        for step in range(1, steps + 1):
            t, s = step / steps, 1 - step / steps
            weights = (s**3, 3 * s * s * t, 3 * s * t * t, t**3)
            points.append(
                (
                    sum(w * k[0] for w, k in zip(weights, knots, strict=True)),
                    sum(w * k[1] for w, k in zip(weights, knots, strict=True)),
                )
            )
    return points


def wave(level: float, height: float, phase: float) -> list[Point]:
    """Outline of water: a sine around ``level`` with one and a half waves across the case."""
    left, _, right, bottom = CASE
    surface = [
        (x, level + height * math.sin(3 * math.pi * (x - left) / (right - left) + phase))
        for x in range(left, right + 1)
    ]
    return [*surface, (right, bottom), (left, bottom)]


def arc(centre: Point, radius_x: float, radius_y: float, start: float, end: float) -> list[Point]:
    """Points on an ellipse between two angles in degrees."""
    return [
        (
            centre[0] + radius_x * math.cos(math.radians(start + (end - start) * i / 64)),
            centre[1] + radius_y * math.sin(math.radians(start + (end - start) * i / 64)),
        )
        for i in range(65)
    ]


def draw_mark(canvas: Canvas, theme: Theme) -> None:
    """Draw the cell into the left square of the canvas."""
    left, top, right, bottom = CASE
    inner = (left + CASE_STROKE, top + CASE_STROKE, right - CASE_STROKE, bottom - CASE_STROKE)
    inside = canvas.rounded(inner, CASE_RADIUS - CASE_STROKE)
    canvas.fill(canvas.rounded(TERMINAL, TERMINAL_RADIUS), theme.ink)
    canvas.fill(canvas.rounded(CASE, CASE_RADIUS), theme.ink)
    canvas.fill(inside, theme.inside)
    canvas.fill(ImageChops.multiply(canvas.polygon(wave(378, 13, 2.6)), inside), *WATER_BACK)
    canvas.fill(canvas.polygon(outline(FLAME_START, FLAME_PIECES)), *FLAME)
    canvas.fill(canvas.polygon(outline(CORE_START, CORE_PIECES)), *CORE)
    canvas.fill(ImageChops.multiply(canvas.polygon(wave(398, 15, 0.4)), inside), *WATER_FRONT)


def draw_letters(canvas: Canvas, theme: Theme, left: float) -> None:
    """Write BTR as strokes of one width, to the right of ``left``."""
    top, middle, bottom, width = 150, 276, 408, 46
    bowl = (middle - top) / 2
    belly = (bottom - middle) / 2
    b, t, r = left, left + 214, left + 462
    letters: tuple[list[Point], ...] = (
        [(b, bottom), (b, top), *arc((b + 62, top + bowl), bowl, bowl, -90, 90), (b, middle)],
        [(b, middle), *arc((b + 72, middle + belly), belly, belly, -90, 90), (b, bottom)],
        [(t, top), (t + 172, top)],
        [(t + 86, top), (t + 86, bottom)],
        [(r, bottom), (r, top), *arc((r + 66, top + bowl), bowl, bowl, -90, 90), (r, middle)],
        [(r + 62, middle), (r + 130, bottom)],
    )
    for points in letters:
        canvas.fill(canvas.stroke(points, width), theme.ink)


def save(canvas: Canvas, name: str, height: int) -> None:
    """Write the picture cut to what is drawn for a logo, whole for an icon, at ``height`` pixels."""
    picture = canvas.image
    if "logo" in name and (box := picture.getbbox()) is not None:
        picture = picture.crop(box)
    size = (round(picture.width * height / picture.height), height)
    picture.resize(size, Image.Resampling.LANCZOS).save(BRAND / name, optimize=True)


def main() -> None:
    """Draw every picture that Home Assistant looks for."""
    BRAND.mkdir(parents=True, exist_ok=True)
    for theme in THEMES:
        icon = Canvas()
        draw_mark(icon, theme)
        logo = Canvas(width=1200)
        draw_mark(logo, theme)
        draw_letters(logo, theme, left=522)
        for suffix, scale in (("", 1), ("@2x", 2)):
            save(icon, f"{theme.prefix}icon{suffix}.png", 256 * scale)
            save(logo, f"{theme.prefix}logo{suffix}.png", 256 * scale)


if __name__ == "__main__":
    main()
