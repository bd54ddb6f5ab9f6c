"""Data to stdout, everything else to stderr."""

from __future__ import annotations

import json
import os
from typing import Any

import click


def data(text: str) -> None:
    """Print a command's answer."""
    click.echo(text, nl=not text.endswith("\n"))


def as_json(value: dict[str, Any]) -> None:
    """Print one JSON document, with its schema's version first."""
    click.echo(json.dumps({"schema_version": 1, **value}, indent=2, ensure_ascii=False))


def say(text: str, *, quiet: bool = False) -> None:
    """Tell the person at the terminal something that is not data."""
    if not quiet:
        click.echo(text, err=True)


def styled(text: str, *, fg: str, bold: bool = False) -> str:
    """Give a text in colour; not where the person set NO_COLOR (no-color.org)."""
    return text if os.environ.get("NO_COLOR") else click.style(text, fg=fg, bold=bold)


quiet = click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")
