"""Data to stdout, everything else to stderr; nothing of either steers a terminal."""

from __future__ import annotations

import io
import os
import re
import sys
from typing import Any, TextIO

import click

from migdocs.cli import progress

# What a terminal obeys, or what turns letters: controls but tab and line end, marks of direction,
# what some readers take for line ends, letters that are never seen, and halves of letters.
_STEERS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufff9-\ufffb"
    "\U000e0000-\U000e007f\ud800-\udfff]"
)
_HUSHED: list[bool] = []  # holds something where -q was given to a command that takes it from us
# Marks of our own colours: nobody who writes a migration can guess them.
# `secrets` and `json` would be a tenth of what `--help` takes.
_SECRET = os.urandom(8).hex()
_COLOUR = re.compile(rf"<{_SECRET}:(?P<fg>\w*)(?P<bold>!?)>")


class Harmless(io.TextIOWrapper):
    r"""A stream that shows what steers a terminal as ``\u001b``, which JSON reads as well."""

    def write(self, text: str) -> int:
        """Write a text; the only escapes that pass are of colours that we asked for."""
        progress.make_room(text)
        return super().write(_COLOUR.sub(_sgr, visible(text)))

    def draw(self, text: str) -> None:
        """Write over the line that the cursor is in, as progress is shown."""
        super().write(f"\r{text}")
        self.flush()


def visible(text: str) -> str:
    """Give a text with an escape in place of each character that a terminal obeys or hides."""
    return _STEERS.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    """Write one character as JSON does, in two halves above U+FFFF."""
    import json

    return json.dumps(match[0])[1:-1]


def _sgr(match: re.Match[str]) -> str:
    """Give the escape of a colour; the one that ends it where none is named."""
    if not match["fg"]:
        return click.style("", reset=True)
    return click.style("", fg=match["fg"], bold=bool(match["bold"]), reset=False)


def harmless(stream: TextIO) -> TextIO:
    """Give a stream through which nothing steers a terminal; one that lacks a letter escapes it."""
    if not isinstance(stream, io.TextIOWrapper) or isinstance(stream, Harmless):
        return stream
    encoding = "utf-8" if stream.encoding in {"ascii", "us-ascii"} else stream.encoding
    buffered = stream.line_buffering
    return Harmless(
        stream.detach(), encoding=encoding, errors="backslashreplace", line_buffering=buffered
    )


def guard() -> None:
    """Send all that this program prints through such streams."""
    sys.stdout, sys.stderr = harmless(sys.stdout), harmless(sys.stderr)


def data(text: str) -> None:
    """Print a command's answer."""
    click.echo(text, nl=not text.endswith("\n"))


def as_json(value: dict[str, Any]) -> None:
    """Print one JSON document, with its schema's version first."""
    import json

    click.echo(json.dumps({"schema_version": 1, **value}, indent=2, ensure_ascii=False))


def say(text: str, *, quiet: bool = False) -> None:
    """Tell the person at the terminal something that is not data."""
    if not (quiet or _HUSHED):
        click.echo(text, err=True)


def hush(_context: click.Context, _option: click.Parameter, wanted: bool) -> None:  # noqa: FBT001 - click's signature
    """Say nothing but errors from now on; what a command answers is printed."""
    if wanted:
        _HUSHED.append(wanted)


def styled(text: str, *, fg: str, bold: bool = False) -> str:
    """Give a text in colour, at a terminal; not where the person set NO_COLOR (no-color.org)."""
    shown = isinstance(sys.stderr, Harmless) and sys.stderr.isatty() and sys.stdout.isatty()
    if os.environ.get("NO_COLOR") or not shown:
        return text
    return f"<{_SECRET}:{fg}{'!' if bold else ''}>{text}<{_SECRET}:>"


quiet = click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")
# The first line of help of the option is the same in every command.
json_option = click.option("--json", "as_json", is_flag=True, help="One JSON document.")
