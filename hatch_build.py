"""Hatch's build hook: a wheel carries the built web app, so that it needs no Node, and the example handbook.

How the web app is built lives in `scripts/build_web.py`; an editable install leaves it to the Makefile.
"""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class WebAppHook(BuildHookInterface):
    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        root = Path(self.root)
        sys.path.insert(0, str(root / "scripts"))
        import build_web

        self.app.display_info(build_web.build(root))
        build_data["force_include"][str(root / "examples" / "handbook" / "files")] = "pincite/app/handbook"
