"""The files that ``init`` adds to a project beside its documents: CI, hooks, make targets.

A file that is there already belongs to the user: only a Makefile gets a region; of the others
``init`` says what to paste.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from migdocs.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from migdocs.core.runner import Runner

Action = Literal["create", "update", "same", "paste"]
Wanted = Literal["always", "github", "gitlab", "guided"]

MAKEFILE = "Makefile"
_BEGIN, _END = "# migdocs:begin make", "# migdocs:end make"
_REGION = re.compile(
    rf"^{re.escape(_BEGIN)}[ \t]*\r?\n(?:(?!^{re.escape(_BEGIN)}).)*?"
    rf"^{re.escape(_END)}[ \t]*(?:\r?\n|\Z)",
    re.MULTILINE | re.DOTALL,
)
_TARGET = re.compile(r"^(?P<names>[A-Za-z0-9_.\- ]++)[ \t]*+::?(?!=)", re.MULTILINE)
# What a folder's name may hold, to stand in YAML, a shell command and a pattern as it is.
_PLAIN_FOLDER = re.compile(r"[\w./@+-]+(?: [\w./@+-]+)*")


class Setup(Struct, frozen=True):
    """What is known of the project.

    Attributes:
        migrations: the folder, from the root.
        runner: the commands that its operators type.
        forge: ``github``, ``gitlab``, or another, which gets no CI files.
        default_branch: where releases are made from.
        version: of migdocs, which CI installs: another one may write other bytes.
    """

    migrations: str
    runner: Runner
    forge: str
    default_branch: str
    version: str


class ProjectFile(Struct, frozen=True):
    """One file to write, to leave, or to paste from.

    Attributes:
        text: the whole file; where the action is ``paste``, what to add by hand.
        why: a sentence for the user.
    """

    path: str
    action: Action
    text: str
    why: str


class _Template(Struct, frozen=True):
    """A text among the package's data, and where it goes."""

    name: str
    path: str
    wanted: Wanted
    why: str


_TEMPLATES = (
    _Template(
        "github-workflow.yml",
        ".github/workflows/migrations.yml",
        "github",
        "checks each pull request, comments on its migrations, and labels it",
    ),
    _Template(
        "pull-request.md",
        ".github/PULL_REQUEST_TEMPLATE/migration.md",
        "github",
        "the text that a pull request with a migration starts from",
    ),
    _Template(
        "gitlab-migrations.yml",
        ".gitlab/migrations.yml",
        "gitlab",
        "checks each merge request, comments on its migrations, and labels it",
    ),
    _Template("gitlab-ci.yml", ".gitlab-ci.yml", "gitlab", "includes .gitlab/migrations.yml"),
    _Template(
        "pull-request.md",
        ".gitlab/merge_request_templates/migration.md",
        "gitlab",
        "the text that a merge request with a migration starts from",
    ),
    _Template(
        "pre-commit-config.yaml",
        ".pre-commit-config.yaml",
        "always",
        "writes the documents and checks the migrations before each commit",
    ),
    _Template("migrate.sh", "scripts/migrate.sh", "guided", "migrates step by step"),
    _Template("migrate.bat", "scripts/migrate.bat", "guided", "the same on Windows"),
)


def template_names() -> tuple[str, ...]:
    """Name the texts that ``plan`` needs, below ``templates/project/``."""
    return tuple(dict.fromkeys(template.name for template in _TEMPLATES))


def paths(setup: Setup) -> tuple[str, ...]:
    """Name the files that ``plan`` is about, so that those that exist can be read."""
    wanted = (template.path for template in _TEMPLATES if _is_wanted(template.wanted, setup))
    return (*wanted, MAKEFILE)


def plan(
    setup: Setup, templates: Mapping[str, str], existing: Mapping[str, str]
) -> tuple[ProjectFile, ...]:
    """Say what becomes of each file; nothing that is there is lost.

    Args:
        setup: the project.
        templates: the texts of ``template_names``.
        existing: the texts of those ``paths`` that are there.

    Raises:
        UsageError: the migrations folder's name cannot stand in these files.
    """
    if not _PLAIN_FOLDER.fullmatch(setup.migrations):
        raise UsageError(
            f"the folder '{setup.migrations}' cannot be named in CI files",
            hint="use letters, digits, spaces inside, and any of . _ - + @ / in its name.",
        )
    planned = [
        _planned(template, _filled(templates[template.name], setup), existing.get(template.path))
        for template in _TEMPLATES
        if _is_wanted(template.wanted, setup)
    ]
    return (*planned, _makefile(setup, existing.get(MAKEFILE)))


def _is_wanted(wanted: Wanted, setup: Setup) -> bool:
    """Tell whether a template is for this project."""
    return wanted in ("always", setup.forge) or (wanted == "guided" and bool(setup.runner.guided))


def _filled(text: str, setup: Setup) -> str:
    """Put the project's values into a template."""
    folder = setup.migrations.strip("/")
    values = {
        "migrations": folder,
        "migrations_pattern": "" if folder == "." else re.escape(f"{folder}/"),
        "default_branch": json.dumps(setup.default_branch)[1:-1],  # in quotes there
        "requirement": f"=={setup.version}",
        "guided": setup.runner.guided,
    }
    return re.sub(r"@(\w+)@", lambda match: values[match[1]], text)


def _planned(template: _Template, text: str, before: str | None) -> ProjectFile:
    """Decide about one file: it is new, as we would write it, or somebody's own."""
    if before is None:
        return ProjectFile(template.path, "create", text, template.why)
    if before == text:
        return ProjectFile(template.path, "same", text, template.why)
    return ProjectFile(
        template.path, "paste", text, f"{template.why}; the file is yours: add this to it by hand"
    )


# --- make ---------------------------------------------------------------------------------------


def _makefile(setup: Setup, before: str | None) -> ProjectFile:
    """Put the make targets into a region at the end; targets of the user's own stay theirs."""
    if before is None:
        text = _region(_targets(setup))
        return ProjectFile(MAKEFILE, "create", text, "the commands by short names")
    rest = _REGION.sub("", before)
    own = {name for match in _TARGET.finditer(rest) for name in match["names"].split()}
    targets = _targets(setup)
    kept = sorted(own & targets.keys())
    why = f"these stay yours: {', '.join(kept)}" if kept else "the commands by short names"
    region = _region({name: line for name, line in targets.items() if name not in own})
    if _REGION.search(before):
        text = _REGION.sub(lambda _: region, before, count=1)
    else:
        text = before + ("" if before.endswith("\n") or not before else "\n") + "\n" + region
    return ProjectFile(MAKEFILE, "same" if text == before else "update", text, why)


def _targets(setup: Setup) -> dict[str, tuple[str, str]]:
    """Give the targets that the project's runner has a command for: name → help and command."""
    runner = setup.runner
    down = runner.rollback_to.replace(" --to {version}", "$(if $(TO), --to $(TO))")
    down = down.replace("{version}", "$(TO)").replace("{last: --to }", "$(if $(TO), --to $(TO))")
    targets = {
        "migrate": ("Migrate step by step; asks at each one", runner.guided),
        "migrate-up": ("Apply what is pending", runner.apply),
        "migrate-down": (
            ("Undo the last one, or all to a version: TO=v1.0.0", down)
            if down
            else ("Undo the last migration", runner.rollback_one)
        ),
        "migrate-status": ("Show what is applied and what is pending", runner.status),
        "migrate-list": ("List every migration and its release", "migdocs list"),
        "migrate-backup": ("Back up the database", runner.backup),
        "migrate-test": ("Apply and undo each one in a throw-away database", "migdocs verify"),
        "migration": (
            'Start a migration: make migration NAME="add user locale"',
            runner.new.replace("{name}", '"$(NAME)"') or 'migdocs new "$(NAME)"',
        ),
        "migrations-docs": ("Write the migrations' documents", "migdocs generate"),
        "migrations-check": (
            "Find what is wrong with migrations and documents",
            "migdocs check && migdocs generate --check",
        ),
    }
    return {name: line for name, line in targets.items() if line[1]}


def _region(targets: Mapping[str, tuple[str, str]]) -> str:
    """Write the region: a comment a target, so that ``make help`` of any style can show it."""
    lines = [_BEGIN, f".PHONY: {' '.join(targets)}"] if targets else [_BEGIN]
    for name, (told, command) in targets.items():
        lines += ["", f"{name}: ## {told}", f"\t{_for_make(command)}"]
    return "\n".join((*lines, _END)) + "\n"


def _for_make(command: str) -> str:
    """Write a shell command for a recipe: its dollars are doubled, make's own are not."""
    return re.sub(r"\$(?!\((?:(?:TO|NAME)\)|if ))", lambda _: "$$", command)
