"""Reads the file of routes.

What may stand in it is said in `course.py`.
"""

from collections.abc import Callable
from pathlib import Path

from pincite.gateway.course import Courses, courses_of
from pincite.gateway.domain import ModelNotConfigured


def read_routes(path: Path | None, secret: Callable[[str], str]) -> Courses:
    """Return the routes of a file, none where there is no file; `secret` returns what a variable holds.

    Raises: ModelNotConfigured, and what `secret` does.
    """
    if path is None:
        return Courses()
    try:
        text = path.expanduser().read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ModelNotConfigured(
            f"PINCITE_MODEL_ROUTES: {path} cannot be read: {error}.", remedy="Name a file of routes, or unset it."
        ) from error
    return courses_of(text, secret)
