"""Write docs/reference and the published JSON Schema from the code.

``--check`` only says what is stale.
"""

from __future__ import annotations

import inspect
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from migdocs.adapters import layouts
from migdocs.adapters.layouts import LAYOUTS
from migdocs.cli.main import COMMANDS, cli
from migdocs.core import hazards, values
from migdocs.core.checking.choosing import CheckOptions
from migdocs.core.documents.published import Published
from migdocs.core.settings import Commands, Environment, SessionOptions, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from msgspec import Struct

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "reference"
SCHEMA = ROOT / "src" / "migdocs" / "assets" / "migrations.schema.json"
WIDTH = 88
STREAMS = """\
Data goes to stdout, everything else to stderr. `--json` is one document, errors included. Colour
and questions only at a terminal.
"""
PLACES = """\
They are in `migdocs.toml`, or in `[tool.migdocs]` of `pyproject.toml`, in the project's folder.
Options win over the environment, the environment over `migdocs.toml`, and that over
`pyproject.toml`. An unknown setting is an error.
"""
EXIT_CODES = """\
| Exit code | Means |
|---|---|
| 0 | done |
| 1 | the answer is no: stale, findings, refused, pending where asked |
| 2 | wrong usage or settings |
| 3 | the environment: no git, no server, an unreadable file |
| 4 | a database refused, or a script failed |
| 130 | interrupted |
"""
# Table in the settings → the values that it holds, and what it is called in the file.
TABLES: tuple[tuple[str, type, str], ...] = (
    ("At the top", Settings, ""),
    ("[check]", CheckOptions, "check"),
    ("[commands]", Commands, "commands"),
    ("[database]", SessionOptions, "database"),
    ("[environments.NAME]", Environment, "environments.NAME"),
)


def commands() -> str:
    """Give the page of all commands, in the order of the help."""
    parts = [
        "# Commands\n",
        STREAMS,
        EXIT_CODES,
    ]
    context = click.Context(cli, info_name="migdocs")
    for heading, found in COMMANDS.items():
        parts.append(f"## {heading}\n")
        parts += [_command(context, name) for name in found]
    return "\n".join(parts)


def _command(context: click.Context, name: str) -> str:
    """Describe one command: what it is for, how it is called, its options."""
    command = cli.get_command(context, name)
    if command is None:
        raise LookupError(name)
    usage = " ".join(command.collect_usage_pieces(click.Context(command, info_name=name)))
    help_text = inspect.cleandoc(command.help or "").replace("\b\n", "")
    lines = [f"### {name}\n", _prose(help_text), "", f"```sh\nmigdocs {name} {usage}\n```\n"]
    options = [p for p in command.params if isinstance(p, click.Option) and not p.hidden]
    if options:
        lines += ["| Option | Does |", "|---|---|"]
        lines += [f"| {_names(option)} | {_does(option)} |" for option in options]
        lines.append("")
    return "\n".join(lines)


def _names(option: click.Option) -> str:
    """Write how an option is called, with what it takes."""
    takes = "" if option.is_flag else f" {option.make_metavar(click.Context(cli))}"
    names = ", ".join([*option.opts, *option.secondary_opts])
    return f"`{names}{takes}`".replace("|", "\\|")


def _does(option: click.Option) -> str:
    """Write what an option does, with its default where the help shows it."""
    shown = f" Default: `{option.default}`." if option.show_default and option.default else ""
    return _prose(option.help or "") + shown


def settings() -> str:
    """Give the page of all settings."""
    parts = [
        "# Settings\n",
        PLACES,
    ]
    for heading, kind, table in TABLES:
        parts += [f"## {heading}\n", _prose((inspect.getdoc(kind) or "").split("\n")[0]), ""]
        parts += ["| Setting | Default | Meaning |", "|---|---|---|"]
        parts += [_setting(name, kind, table) for name in values.names(kind)]
        parts.append("")
    return "\n".join(parts)


def _setting(field: str, kind: type[Struct], table: str) -> str:
    """Write one setting as a row."""
    given = values.defaults(kind)[field]
    if not isinstance(given, (str, int, float, tuple)):
        default = "a table of its own"
    else:
        default = f"`{_toml(given)}`"
    variable = "" if table else f" (`MIGDOCS_{field.upper()}`)"
    simple = variable if default.startswith("`") else ""
    return f"| `{field}`{simple} | {default} | {_prose(_meanings(kind)[field])} |"


def _toml(value: object) -> str:
    """Write a default as it would stand in the file."""
    if isinstance(value, tuple):
        return "[]" if not value else str(list(value))
    return f'"{value}"' if isinstance(value, str) else str(value)


def _meanings(kind: type) -> dict[str, str]:
    """Read what the fields of a class mean from its docstring.

    Raises:
        KeyError: later, where a field is not described: no setting goes without a meaning.
    """
    return _entries(inspect.getdoc(kind) or "")


def _entries(text: str) -> dict[str, str]:
    """Read the entries below a docstring's *Attributes*."""
    entries = re.findall(r"^    (\w+): (.*(?:\n {8}.*)*)", text, re.MULTILINE)
    return {name: re.sub(r"\s+", " ", meaning) for name, meaning in entries}


def _prose(text: str) -> str:
    """Give a docstring's words for Markdown."""
    one = "\n\n".join(" ".join(part.split()) for part in text.split("\n\n"))
    return one.replace("``", "`").replace("<", "&lt;").replace("|", "\\|")


def conventions() -> str:
    """Write the table of conventions, from the registry."""
    lines = [
        "# Conventions",
        "",
        (
            "What is read of each convention of naming migrations, and the value of the setting"
            " `layout` that names it. `init` recognises one by the tool's own files, its"
            " dependency, the markers in scripts, or pairs of names, and says which it was. Where"
            " nothing tells, it asks."
        ),
        "",
        "| `layout` | Files | What is read | Applied with | A new one |",
        "|---|---|---|---|---|",
    ]
    for layout in LAYOUTS:
        if layout.name == "unknown":
            continue
        commands = layouts.runner(layout, "FOLDER")
        applied = f"`{commands.apply}`" if commands.apply else commands.note or commands.name
        made = f"`{layout.naming.command}`" if layout.naming.command else "`migdocs new NAME`"
        cells = (layout.title, layout.reads, applied, layout.naming.by_hand or made)
        told = " | ".join(cell.replace("|", "\\|").replace("<", "&lt;") for cell in cells)
        lines.append(f"| `{layout.name}` | {told} |")
    return "\n".join(lines) + "\n"


def schema() -> str:
    """Write the JSON Schema of what is published, from its types and their docstrings."""
    found = msgspec.json.schema(Published)
    defined: dict[str, Any] = found["$defs"]
    for each in defined.values():
        said, _, attributes = inspect.cleandoc(each["description"]).partition("\n\nAttributes:\n")
        each["description"] = " ".join(said.split())
        for name, meaning in _entries(attributes).items():
            each["properties"][name]["description"] = meaning.replace("None", "null")
        each["properties"] = {name: _nullable(kind) for name, kind in each["properties"].items()}
    whole = defined.pop("Published") | {"title": "Migrations and releases", "$defs": defined}
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:migdocs:migrations:1",
    }
    return json.dumps(head | whole, indent=2) + "\n"


def _nullable(kind: dict[str, Any]) -> dict[str, Any]:
    """Write what may be null as one type: ``["string", "null"]``."""
    either, null = [*kind.get("anyOf", ()), None, None][:2]
    if null != {"type": "null"}:
        return kind
    rest = {name: value for name, value in kind.items() if name != "anyOf"}
    one = (
        {"enum": [*either["enum"], None]}
        if "enum" in either
        else {"type": [either["type"], "null"]}
    )
    return either | one | rest


def pages() -> Iterator[tuple[str, str]]:
    """Yield every page's name and text, each marked for the site's own style and script."""
    texts = {
        "commands.md": commands(),
        "settings.md": settings(),
        "conventions.md": conventions(),
        "rules.md": hazards.reference(),
    }
    for name, text in texts.items():
        yield name, f'{text}\n<div data-migdocs="page"></div>\n'


def main() -> int:
    """Write what changed, or with ``--check`` name it; give the exit code."""
    written = [(FOLDER / name, text) for name, text in pages()]
    written.append((SCHEMA, schema()))
    stale = [
        (path, text)
        for path, text in written
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    for path, text in stale:
        if "--check" in sys.argv:
            sys.stderr.write(f"{path.relative_to(ROOT)} is stale: run 'make docs'\n")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
