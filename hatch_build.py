"""Build hook: the wheel brings a manual page and completions, made from the commands."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Installed(BuildHookInterface[Any]):
    """Lay what is installed beside the package where its kind is looked for."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make the files, but for an editable install, which has no place for them."""
        if version == "editable":
            return
        root = Path(self.root)
        sys.path[:0] = [str(root / "src"), str(root / "tools")]
        import manual  # this very source's, which needs no more than Click

        made = root / "build" / "installed"
        for place, text in manual.files().items():
            path = made / place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            os.utime(path, (0, 0))
            build_data["shared_data"][str(path)] = place
