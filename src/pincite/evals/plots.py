"""Drawings of a report as SVG text: intervals beside each other, and risk over coverage. Pure; no script, no font."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any
from unicodedata import east_asian_width

COLOURS = ("#2f6f9f", "#c2571a", "#4d8b31", "#8a4fa3", "#a33b3b", "#5b5b5b")
_WIDTH, _ROW, _LABEL = 640, 22, 250
_SIDE, _MARGIN = 320, 56
_LABEL_SIGNS, _LEGEND_SIGNS = 30, 18


def interval_plot(title: str, rows: Sequence[tuple[str, Mapping[str, float], str]]) -> str:
    """Draw means with their intervals on a scale of 0..1.

    Args:
        title: what is measured.
        rows: label, estimate (`mean`, `low`, `high`), colour.
    """
    height = _ROW * len(rows) + 34
    inner = _WIDTH - _LABEL - 70
    parts = [_svg(_WIDTH, height, title)]
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        x = _LABEL + tick * inner
        parts.append(f'<line x1="{x:.1f}" y1="4" x2="{x:.1f}" y2="{height - 24}" stroke="#8884"/>')
        parts.append(f'<text x="{x:.1f}" y="{height - 8}" text-anchor="middle" class="t">{tick:g}</text>')
    for place, (label, each, colour) in enumerate(rows):
        y = 14 + place * _ROW
        low, mean, high = (_LABEL + min(1.0, max(0.0, each[name])) * inner for name in ("low", "mean", "high"))
        parts.append(f'<text x="{_LABEL - 10}" y="{y + 4}" text-anchor="end">{_short(label, _LABEL_SIGNS)}</text>')
        parts.append(
            f'<line x1="{low:.1f}" y1="{y}" x2="{high:.1f}" y2="{y}" stroke="{colour}" stroke-width="6" opacity=".35"/>'
        )
        parts.append(f'<circle cx="{mean:.1f}" cy="{y}" r="4.5" fill="{colour}"/>')
        parts.append(f'<text x="{high + 10:.1f}" y="{y + 4}">{each["mean"]:.3f}</text>')
    return "".join(parts) + "</svg>"


def curve_plot(curves: Sequence[tuple[str, Mapping[str, Any], str]]) -> str:
    """Draw risk (share of wrong answers) over coverage (share of questions answered), a curve a configuration."""
    size = _SIDE + 2 * _MARGIN
    parts = [_svg(size + 230, size, "Risk over coverage")]
    parts.append(
        f'<rect x="{_MARGIN}" y="{_MARGIN}" width="{_SIDE}" height="{_SIDE}" fill="none" stroke="#8888"/>'
        f'<text x="{_MARGIN + _SIDE / 2}" y="{size - 10}" text-anchor="middle">share of questions answered</text>'
        f'<text x="14" y="{_MARGIN + _SIDE / 2}" transform="rotate(-90 14 {_MARGIN + _SIDE / 2})" '
        'text-anchor="middle">share of those wrong</text>'
    )
    for tick in (0.0, 0.5, 1.0):
        at = _MARGIN + tick * _SIDE
        parts.append(f'<text x="{at}" y="{_MARGIN + _SIDE + 16}" text-anchor="middle" class="t">{tick:g}</text>')
        down = _MARGIN + (1 - tick) * _SIDE
        parts.append(f'<text x="{_MARGIN - 8}" y="{down + 4}" text-anchor="end" class="t">{tick:g}</text>')
    for place, (label, curve, colour) in enumerate(curves):
        points = " ".join(f"{_MARGIN + x * _SIDE:.1f},{_MARGIN + (1 - y) * _SIDE:.1f}" for x, y in curve["points"])
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        y = _MARGIN + 14 + 20 * place
        said = f"{_short(label, _LEGEND_SIGNS)}: area {curve['area']:.3f}"
        parts.append(f'<text x="{_MARGIN + _SIDE + 14}" y="{y}" style="fill:{colour}">{said}</text>')
    return "".join(parts) + "</svg>"


def _short(label: str, most: int) -> str:
    """Return a label that fits, with the whole of it as its tooltip; signs of wide scripts count double."""
    room = most
    for place, sign in enumerate(label):
        room -= 2 if east_asian_width(sign) in "WF" else 1
        if room < 0:
            return f"<title>{escape(label)}</title>{escape(label[:place])}…"
    return escape(label)


def _svg(width: float, height: float, title: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-label="{escape(title, quote=True)}">'
    )
