"""What takes long at its first use, loaded in the process that others are forked from. See `forked.py`.

Nothing here starts a thread: a fork has only the one that asked for it.
"""

from sqlalchemy.orm import configure_mappers

from pincite.app.migrate import declare_tables
from pincite.app.warming import keep_loaded
from pincite.core.languages import load_languages

declare_tables()
configure_mappers()
load_languages()
keep_loaded()
