"""A small chart: two scales, axes, lines, marks and labels that sit on the marks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from labs.kit.figure import element, svg, text


@dataclass(frozen=True, slots=True)
class Scale:
    """How values become pixels along one axis.

    Args:
        low, high: the values at the two ends.
        ticks: the values that are named, with their words; a bare number names itself.
        log: whether equal ratios take equal room.
    """

    low: float
    high: float
    ticks: Sequence[float | tuple[float, str]] = ()
    log: bool = False

    def place(self, value: float, start: float, end: float) -> float:
        """Turn a value into a pixel between `start` (where `low` is) and `end` (where `high` is)."""
        if self.log:
            share = math.log(value / self.low) / math.log(self.high / self.low)
        else:
            share = (value - self.low) / (self.high - self.low)
        return start + share * (end - start)

    def named_ticks(self) -> list[tuple[float, str]]:
        """List the ticks, each with its words."""
        return [tick if isinstance(tick, tuple) else (tick, f"{tick:,}") for tick in self.ticks]


@dataclass(slots=True)
class Chart:
    """A chart under construction; each method adds to it, `svg` writes it.

    Args:
        width, height: size in pixels: `COLUMN`, `WIDE` or `NARROW` wide.
        x, y: the scales.
        x_label, y_label: what they measure, with the unit.
        left, right, top, bottom: the margins in pixels, which hold the ticks and labels.
    """

    width: int
    height: int
    x: Scale
    y: Scale
    x_label: str = ""
    y_label: str = ""
    left: int = 46
    right: int = 14
    top: int = 30
    bottom: int = 46
    parts: list[str] = field(default_factory=list)

    def at_x(self, value: float) -> float:
        """Turn a value into a pixel from the left."""
        return self.x.place(value, self.left, self.width - self.right)

    def at_y(self, value: float) -> float:
        """Turn a value into a pixel from the top."""
        return self.y.place(value, self.height - self.bottom, self.top)

    def line(self, xs: Sequence[float], ys: Sequence[float], tone: int = 1, *, dash: bool = False) -> None:
        """Draw a line through points given as values. `tone` is the series colour, 1 to 4, or 0 for grey."""
        points = " ".join(f"{self.at_x(x):.2f},{self.at_y(y):.2f}" for x, y in zip(xs, ys, strict=True))
        self.parts.append(element("polyline", points=points, class_=f"fig-line fig-{tone}{' fig-dash' * dash}"))

    def area(self, xs: Sequence[float], low: Sequence[float], high: Sequence[float], tone: int = 1) -> None:
        """Shade between two lines given as values."""
        there = [(x, y) for x, y in zip(xs, high, strict=True)]
        back = [(x, y) for x, y in zip(xs, low, strict=True)][::-1]
        points = " ".join(f"{self.at_x(x):.2f},{self.at_y(y):.2f}" for x, y in there + back)
        self.parts.append(element("polygon", points=points, class_=f"fig-area fig-{tone}"))

    def marks(
        self, xs: Sequence[float], ys: Sequence[float], tone: int = 1, *, x_key: str = "", y_key: str = ""
    ) -> None:
        """Draw a dot for each point.

        Args:
            xs, ys: the points, as values.
            tone: the series colour.
            x_key, y_key: the keys of the results that hold these series: each mark names its place in them, and a
                test recomputes it from `results.json`.
        """
        for index, (x, y) in enumerate(zip(xs, ys, strict=True)):
            self.mark(x, y, tone, x_key=x_key and f"{x_key}[{index}]", y_key=y_key and f"{y_key}[{index}]")

    def mark(self, x: float, y: float, tone: int = 1, *, x_key: str = "", y_key: str = "") -> None:
        """Draw one dot. `x_key` and `y_key` name the results it stands for: `key`, or `key[index]` in a series."""
        dot = element(
            "circle",
            cx=self.at_x(x),
            cy=self.at_y(y),
            r=4.5,
            class_=f"fig-dot fig-{tone}",
            data_x=x_key or None,
            data_y=y_key or None,
        )
        self.parts.append(dot)

    def bar(self, x: float, y: float, thickness: float, tone: int = 1, *, y_key: str = "") -> None:
        """Draw an upright bar from the axis to `y`, its middle at `x`, `thickness` pixels wide."""
        top = self.at_y(y)
        bar = element(
            "rect",
            x=self.at_x(x) - thickness / 2,
            y=top,
            width=float(thickness),
            height=self.height - self.bottom - top,
            class_=f"fig-bar fig-{tone}",
            data_y=y_key or None,
        )
        self.parts.append(bar)

    def level(self, y: float, tone: int = 2) -> None:
        """Draw a dashed line across the whole chart at a value of y."""
        self.line([self.x.low, self.x.high], [y, y], tone, dash=True)

    def label(
        self,
        x: float,
        y: float,
        words: str,
        tone: int | None = None,
        *,
        dx: float = 0,
        dy: float = 0,
        anchor: str = "start",
    ) -> None:
        """Write a label at a point given as values, moved by `dx`, `dy` pixels; in ink, or in a series' colour."""
        class_ = "fig-label" if tone is None else f"fig-label fig-toned fig-{tone}"
        self.parts.append(text(self.at_x(x) + dx, self.at_y(y) + dy, words, class_=class_, anchor=anchor))

    def svg(self) -> str:
        """Write the chart: axes and ticks first, then what was added, in order."""
        floor = self.height - self.bottom
        axes = [element("line", x1=self.left, y1=floor, x2=self.width - self.right, y2=floor, class_="fig-axis")]
        for value, words in self.y.named_ticks():
            y = self.at_y(value)
            axes.append(element("line", x1=self.left, y1=y, x2=self.width - self.right, y2=y, class_="fig-axis"))
            axes.append(text(self.left - 8, y + 4, words, anchor="end"))
        axes += [text(self.at_x(value), floor + 19, words, anchor="middle") for value, words in self.x.named_ticks()]
        if self.x_label:
            axes.append(text(self.left, self.height - 6, self.x_label))
        if self.y_label:
            axes.append(text(0, 14, self.y_label))
        return svg(
            self.width,
            self.height,
            axes + self.parts,
            data_x_scale=self._describe(self.x, self.left, self.width - self.right),
            data_y_scale=self._describe(self.y, floor, self.top),
        )

    @staticmethod
    def _describe(scale: Scale, start: float, end: float) -> str:
        """Write a scale so that a reader of the file can turn pixels back into values."""
        return f"{'log' if scale.log else 'linear'} {scale.low} {scale.high} {start} {end}"
