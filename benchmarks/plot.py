"""The plot: for each workload how much every server does in a second, drawn as bars."""

from collections.abc import Callable, Mapping, Sequence
from html import escape
from statistics import median
from typing import Protocol, TypeVar


class Drawn(Protocol):
    """What is drawn of a window is told apart by its workload and its entrant."""

    @property
    def workload(self) -> str: ...

    @property
    def entrant(self) -> str: ...

    @property
    def per_second(self) -> float: ...


class Titled(Protocol):
    """A workload has a title."""

    @property
    def title(self) -> str: ...


WindowT = TypeVar("WindowT", bound=Drawn)

WIDTH, LEFT, RIGHT, BAR, GAP, HEAD = 880, 230, 110, 20, 6, 34
# Waybill stands out; the others are told apart by their labels.
OURS, OTHERS = "#0f766e", "#94a3b8"
TEXT = 'font-family="system-ui, sans-serif" font-size="13" fill="#475569"'


def plotted(
    windows: Sequence[WindowT],
    workloads: Mapping[str, Titled],
    titles: Mapping[str, str],
    value: Callable[[WindowT], float] = lambda window: window.per_second,
    unit: str = "/s",
) -> str:
    """An SVG with a group of bars for each workload; a thin line shows the least and the most of all rounds."""
    parts, y = [], 10.0
    for workload in dict.fromkeys(each.workload for each in windows):
        rates = {
            name: [value(each) for each in windows if (each.workload, each.entrant) == (workload, name)]
            for name in titles
        }
        rates = {name: found for name, found in rates.items() if found}
        parts.append(f'<text x="10" y="{y + 16}" {TEXT} font-weight="600">{escape(workloads[workload].title)}</text>')
        y += HEAD - 8
        scale = (WIDTH - LEFT - RIGHT) / max(max(found) for found in rates.values())
        for name, found in rates.items():
            parts += _bar(y, titles[name], found, unit, scale, OURS if name.startswith("waybill") else OTHERS)
            y += BAR + GAP
        y += 14
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y:.0f}" width="{WIDTH}" height="{y:.0f}">'
    ground = f'<rect width="{WIDTH}" height="{y:.0f}" fill="#ffffff"/>'
    return "\n".join([head, ground, *parts, "</svg>", ""])


def _bar(y: float, title: str, rates: Sequence[float], unit: str, scale: float, colour: str) -> list[str]:
    middle, rate = y + BAR / 2, median(rates)
    least, most = LEFT + min(rates) * scale, LEFT + max(rates) * scale
    line = f'y1="{middle:.1f}" y2="{middle:.1f}" stroke="#334155" stroke-width="1"'
    return [
        f'<text x="{LEFT - 10}" y="{middle + 4:.1f}" text-anchor="end" {TEXT}>{escape(title)}</text>',
        f'<rect x="{LEFT}" y="{y:.1f}" width="{rate * scale:.1f}" height="{BAR}" rx="2" fill="{colour}"/>',
        f'<line x1="{least:.1f}" x2="{most:.1f}" {line}/>',
        f'<text x="{most + 8:.1f}" y="{middle + 4:.1f}" {TEXT}>{rate:,.0f}{unit}</text>',
    ]
