"""Geometry of pages that are turned: where a rectangle lies once the page is turned until text is upright. Pure.

A turn is a number of quarter turns clockwise. Coordinates are points, y upwards, before and after.
"""

import math

Rectangle = tuple[float, float, float, float]
"""Left, bottom, right, top."""


def turn_of(x: float, y: float) -> int:
    """Return the turn that makes text upright which runs in the direction (x, y); slanted text as if straight."""
    return round(math.atan2(y, x) / (math.pi / 2)) % 4


def turned(rectangle: Rectangle, turn: int, page: Rectangle) -> Rectangle:
    """Return where a rectangle lies when its page is turned; unturned it stays as it is.

    Args:
        rectangle: in the page's own space.
        turn: 0..3.
        page: the page's edges, in its own space; a turned page begins at (0, 0).
    """
    left, bottom, right, top = rectangle
    if turn == 1:
        return bottom - page[1], page[2] - right, top - page[1], page[2] - left
    if turn == 2:
        return page[2] - right, page[3] - top, page[2] - left, page[3] - bottom
    if turn == 3:
        return page[3] - top, left - page[0], page[3] - bottom, right - page[0]
    return rectangle


def heights(turn: int, page: Rectangle) -> tuple[float, float]:
    """Return the lowest and the highest point of a page once it is turned."""
    if not turn:
        return page[1], page[3]
    _, low, _, high = turned(page, turn, page)
    return low, high
