"""Make the manual page and the shells' completions from the commands; the wheel installs them."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING

import click
from click.shell_completion import BashComplete, FishComplete, ShellComplete, ZshComplete

from migdocs import __version__
from migdocs.cli.completion import PowerShellComplete
from migdocs.cli.main import COMMANDS, cli

if TYPE_CHECKING:
    from collections.abc import Iterator

# Where a shell's packages put completions, below the prefix → what makes them.
COMPLETIONS: dict[str, type[ShellComplete]] = {
    "share/bash-completion/completions/migdocs": BashComplete,
    "share/zsh/site-functions/_migdocs": ZshComplete,
    "share/fish/vendor_completions.d/migdocs.fish": FishComplete,
    "share/migdocs/completions/migdocs.ps1": PowerShellComplete,
}
MANUAL = "share/man/man1/migdocs.1"
EXIT_CODES = (
    ("0", "Done."),
    ("1", "The answer is no: stale, findings, refused, pending where asked."),
    ("2", "Wrong usage or settings."),
    ("3", "The environment: no git, no server, an unreadable file."),
    ("4", "A database refused, or a script failed."),
    ("130", "Interrupted."),
)
FILES = (
    ("migdocs.toml", "The project's settings; or [tool.migdocs] in pyproject.toml."),
    ("migrations/TEMPLATE.md", "What the notes of a new migration start from."),
    ("migrations/evidence.json", "What 'migdocs verify' saw."),
    ("migrations/history.jsonl", "What databases ran, as 'migdocs history --export' wrote it."),
)
ENVIRONMENT = (
    ("DATABASE_URL", "The database in use, unless the setting database_url_env names another."),
    ("MIGDOCS_NAME", "Any setting, by its name in capitals."),
    ("NO_COLOR", "Where it is set, nothing is coloured."),
)


def files() -> dict[str, str]:
    """Give every file that is installed beside the package: path below the prefix, and text."""
    return {MANUAL: manual(), **{place: _script(kind) for place, kind in COMPLETIONS.items()}}


def _script(kind: type[ShellComplete]) -> str:
    """Give one shell's script; it asks the installed program what there is."""
    made = kind(cli, {}, "migdocs", "_MIGDOCS_COMPLETE")
    return f"{(made.source_template % made.source_vars()).strip()}\n"


def manual() -> str:
    """Give ``migdocs(1)``: one page, a section a command."""
    parts = [
        f'.TH MIGDOCS 1 "" "migdocs {__version__}" "User Commands"',
        ".SH NAME",
        "migdocs \\- write the documents of SQL migrations from the migrations themselves",
        ".SH SYNOPSIS",
        ".B migdocs",
        "[\\fIOPTIONS\\fR] \\fICOMMAND\\fR [\\fIARGUMENTS\\fR]",
        ".SH DESCRIPTION",
        *_paragraphs(cli.help or ""),
        *_commands(),
        *_list("EXIT STATUS", EXIT_CODES),
        *_list("ENVIRONMENT", ENVIRONMENT),
        *_list("FILES", FILES),
        ".SH SEE ALSO",
        ".BR git (1),",
        ".BR psql (1),",
        ".BR pg_dump (1)",
    ]
    return "\n".join(parts) + "\n"


def _commands() -> Iterator[str]:
    """Yield a section for each group of commands, in the order of the help."""
    context = click.Context(cli, info_name="migdocs", **cli.context_settings)
    for heading, named in COMMANDS.items():
        yield f".SH {_quoted(heading.upper())}"
        for name in named:
            command = cli.get_command(context, name) or click.Command(name)
            inner = click.Context(command, info_name=name, parent=context)
            usage = " ".join(command.collect_usage_pieces(inner))
            yield f".SS {_quoted(f'migdocs {name} {usage}')}"
            yield from _paragraphs(inspect.cleandoc(command.help or ""))
            for parameter in command.get_params(inner):
                record = parameter.get_help_record(inner)
                if record:
                    yield from (".TP", f".B {_roff(record[0])}", _roff(record[1]))


def _list(title: str, rows: tuple[tuple[str, str], ...]) -> Iterator[str]:
    """Yield a section of terms and what they mean."""
    yield f".SH {_quoted(title)}"
    for term, meaning in rows:
        yield from (".TP", f".B {_roff(term)}", _roff(meaning))


def _paragraphs(text: str) -> Iterator[str]:
    """Yield a help text's paragraphs; those that Click keeps as written stay so."""
    for paragraph in re.split(r"\n\s*\n", text.strip()):
        kept, _, rest = paragraph.partition("\b")
        if rest:
            yield from (
                ".PP",
                ".nf",
                *(_roff(line) for line in rest.strip("\n").splitlines()),
                ".fi",
            )
        elif kept.strip():
            yield from (".PP", _roff(" ".join(kept.split())))


def _roff(text: str) -> str:
    """Give text that roff prints as it is: no line of it is a request, no dash becomes a hyphen."""
    safe = text.replace("\\", "\\e").replace("-", "\\-")
    safe = "".join(c if c.isascii() else f"\\[u{ord(c):04X}]" for c in safe)
    return f"\\&{safe}" if safe.startswith((".", "'")) else safe


def _quoted(text: str) -> str:
    """Give one argument of a request."""
    return '"' + _roff(text).replace('"', '""') + '"'
