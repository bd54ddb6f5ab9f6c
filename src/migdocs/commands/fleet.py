"""Write the jobs of a fleet, and read what its databases exported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.adapters import files
from migdocs.commands import outlines
from migdocs.core import fleet
from migdocs.core.errors import UsageError
from migdocs.core.fleet import jobs, report
from migdocs.core.ledger import journal

if TYPE_CHECKING:
    from pathlib import Path

    from migdocs.commands.place import Place
    from migdocs.core.fleet import Fleet
    from migdocs.core.fleet.report import Report

document, text = report.markdown, report.text
LINES = ".jsonl"


def read(path: Path) -> Fleet:
    """Give the fleet of a file.

    Raises:
        UsageError: it is not there, or says what cannot be.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise UsageError(f"cannot be read: {reason}", path=str(path)) from None
    return fleet.read(text, str(path))


def written(path: Path, form: str) -> str:
    """Give the jobs of a fleet in one form."""
    return jobs.FORMS[form](read(path))


def status(place: Place, path: Path) -> Report:
    """Compare the project with what each database exported; no database is asked.

    Raises:
        MigdocsError: the fleet, or an export, cannot be read.
    """
    found = read(path)
    folder = f"{found.history.strip('/')}/"
    exports = {
        name.removeprefix(folder).removesuffix(LINES): journal.read(
            files.read(place.root, name), name
        )
        for name in files.everything(place.root, found.history)
        if name.startswith(folder) and name.endswith(LINES)
    }
    return report.report(found, outlines.outlines(place), exports)
