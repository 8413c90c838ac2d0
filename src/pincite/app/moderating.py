"""Makes the moderation of the settings: phrases from their file, and the provider's. Wired in `wiring.py`.

What it does is in `answers/moderation.py`.
"""

from pincite.answers import Moderation
from pincite.app.settings import BadSettings, Settings
from pincite.gateway import Models

_MOST_BYTES = 4 << 20


def open_moderation(settings: Settings, models: Models) -> Moderation:
    """Make what says what may be asked and shown. Blocks, for a small file.

    Raises:
        BadSettings: the file of phrases cannot be read.
        InvalidInput: it holds too much.
        ModelNotConfigured: there is no such moderation, or its key is missing.
    """
    closed = settings.moderation_failure == "closed"
    return Moderation.of(_lines(settings), models.moderator(), closed=closed)


def _lines(settings: Settings) -> list[str] | None:
    path = settings.moderation_phrases
    if path is None:
        return None
    remedy = "Name a text file in UTF-8 with one phrase a line."
    try:
        data = path.expanduser().read_bytes()
        if len(data) > _MOST_BYTES:
            raise BadSettings("PINCITE_MODERATION_PHRASES: the file is larger than 4 MB.", remedy=remedy)
        return data.decode("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError):
        raise BadSettings("PINCITE_MODERATION_PHRASES: the file cannot be read.", remedy=remedy) from None
