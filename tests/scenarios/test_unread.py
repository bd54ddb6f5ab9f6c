"""A migration that could not be read: nothing that is written says "none", "no" or "yes" of it."""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from migdocs.commands import generate, listing, upgrade
from migdocs.commands import project as projects
from migdocs.core import site

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ID = "002_webhooks"
SQL = ("migrations", "migrations/002_webhooks.up.sql", "migrations/002_webhooks.down.sql")
GO = "package migrations\n\nfunc init() { goose.AddMigration(up, down) }\n"
GOOSE = "-- +goose Up\nCREATE TABLE a (id int);\n-- +goose Down\nDROP TABLE a;\n"

# Why it is not read → folder, the files of the migration before, its own, and what is said.
REASONS: dict[str, tuple[str, dict[str, str], dict[str, str], str]] = {
    name: (
        folder,
        {
            f"{folder}/001_a.up.sql": "CREATE TABLE a (id int, ip text);\n",
            f"{folder}/001_a.down.sql": "DROP TABLE a;\n",
        },
        {f"{folder}/{ID}.up.sql": up, f"{folder}/{ID}.down.sql": down},
        said,
    )
    for name, folder, up, down, said in (
        (
            "a template",
            "migrations",
            'ALTER TABLE {{ index .Options "Namespace" }}.a DROP COLUMN ip;\n',
            'ALTER TABLE {{ index .Options "Namespace" }}.a ADD COLUMN ip text;\n',
            "is filled in by something else",
        ),
        (
            "a variable of a shell",
            "migrations",
            "ALTER TABLE ${schema}.a DROP COLUMN ip;\n",
            "ALTER TABLE ${schema}.a ADD COLUMN ip text;\n",
            "is filled in by something else",
        ),
        (
            "a variable of Python",
            "migrations",
            "ALTER TABLE %(schema)s.a DROP COLUMN ip;\n",
            "ALTER TABLE %(schema)s.a ADD COLUMN ip text;\n",
            "is filled in by something else",
        ),
        (
            "a variable of psql",
            "migrations",
            "ALTER TABLE :schema.a DROP COLUMN ip;\n",
            "ALTER TABLE :schema.a ADD COLUMN ip text;\n",
            "is a variable of psql",
        ),
        (
            "does not parse",
            "migrations",
            "ALTER TABLE a DROP COLUM ip;\n",
            "ALTER TABLE a ADD COLUM ip text,;\n",
            "syntax error",
        ),
        (
            "one statement of two",
            "migrations",
            "CREATE TABLE b (id int);\nALTER TABLE a DROP COLUM ip;\n",
            "DROP TABLE b;\nALTER TABLE a ADD ip text;\n",
            "syntax error",
        ),
        (
            "built at run time",
            "migrations",
            "DO $$ BEGIN EXECUTE format('ALTER TABLE %I DROP ip', current_user); END $$;\n",
            "DO $$ BEGIN EXECUTE format('ALTER TABLE %I ADD ip text', current_user); END $$;\n",
            "put together at run time",
        ),
        (
            "another dialect",
            "db/migrations/mysql",
            "ALTER TABLE a DROP COLUMN ip;\n",
            "ALTER TABLE a ADD COLUMN ip text;\n",
            "it is written for MySQL",
        ),
    )
}
REASONS["another language"] = (
    "migrations",
    {"go.mod": "module example.org/x\n", "migrations/001_a.sql": GOOSE},
    {f"migrations/{ID}.go": GO},
    "it is written in Go",
)

# Words that would be believed of a migration.
JUDGED = re.compile(r"\b(none|no|yes|false|compatible|keeps working)\b", re.IGNORECASE)
# What is about the way, or asks something of the operator, and is no fact about the migration.
ABOUT_OTHERS = re.compile(
    r"\| Allowed \| yes, in one hop \||and no error\b|[Pp]oint of no return"
    r"|no connection of the application is left|contain no queries to check|; no row is good"
    r"|^\| Schema \| private: no view, grant, notification or note"
    r"|No space left|y \| Y \| yes\)|render_macros|tx-nonqual"
    r"|[Ww]hether v1\.0\.0 keeps working is not known"
)


@pytest.fixture(params=REASONS.values(), ids=REASONS.keys())
def project(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[projects.Project, str]:
    """Give a project whose second release ships one migration that cannot be read, and why."""
    folder, before, after, said = request.param

    def git(*arguments: str) -> None:
        subprocess.run(["git", *arguments], cwd=tmp_path, check=True, capture_output=True)

    git("init", "--quiet", "--initial-branch=main")
    git("config", "user.email", "a@example.org")
    git("config", "user.name", "a")
    (tmp_path / "migdocs.toml").write_text(f'migrations = "{folder}"\n')
    for version, files in (("v1.0.0", before), ("v2.0.0", after)):
        for path, text in files.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text)
        git("add", "--all")
        git("commit", "--quiet", "--message", f"feat: {version}")
        git("tag", version)
    return projects.read(tmp_path), said


def written(project: projects.Project) -> Iterator[tuple[str, str]]:
    """Yield all that is written about a project, with its place."""
    yield from generate.plan(project, adopt=True).after.items()
    for path, text in site.files(project.facts, project.files).items():
        yield f"site/{path}", text
    guide = upgrade.guide(project, "v1.0.0", "v2.0.0")
    for form in ("markdown", "shell"):
        yield f"upgrade.{form}", upgrade.formatted(project, guide, form)
    yield "list", listing.table(project.facts)


def about(place: str, text: str) -> Iterator[str]:
    """Yield the lines that are about the migration: those that name it, or stand in its page."""
    if place.endswith(".svg"):
        text = re.sub(r"<style>.*?</style>|<[^>]+>", "\n", text, flags=re.DOTALL)
    lines = text.splitlines()
    whole = place.startswith("upgrade.") or f"/{ID}" in place
    section = False
    for line in lines:
        if line.startswith("#"):
            section = ID in line or "v1.0.0 to v2.0.0" in line or "v2.0.0 (" in line
        if (whole or section or ID in line) and not ABOUT_OTHERS.search(line):
            yield line


def test_nothing_that_is_written_judges_it(project: tuple[projects.Project, str]) -> None:
    """Not in a document, a page, a feed, a guide or the list."""
    found, _ = project
    texts = [
        (place, text) for place, text in written(found) if not place.endswith((".json", ".js"))
    ]
    assert sum(ID in text for _, text in texts) >= 8
    judged = [
        (place, line) for place, text in texts for line in about(place, text) if JUDGED.search(line)
    ]
    assert not judged, "\n".join(f"{place}: {line}" for place, line in judged)


def test_every_document_says_why(project: tuple[projects.Project, str]) -> None:
    """The breaking changes, the guide, the log, the flow."""
    found, said = project
    texts = dict(written(found))
    for name in ("breaking", "upgrade", "log", "flow"):
        text = texts[found.settings.document(name)]
        assert "not known" in text, name
        assert said.split()[-1] in text, name
    guide = upgrade.formatted(found, upgrade.guide(found, "v1.0.0", "v2.0.0"), "markdown")
    assert "| Breaking changes | not known: 1 of 1 script could not be read (" in guide


def test_programs_read_null_and_unknown(project: tuple[projects.Project, str]) -> None:
    """The shapes of `list` and `upgrade`, as they are published."""
    found, said = project
    (entry,) = [m for m in listing.listing(found.facts)["migrations"] if m["id"] == ID]
    assert entry["breaking"] == {"declared": None, "computed": None}
    assert entry["rollback_effect"] == "unknown"
    assert said in entry["unread"]
    guide = json.loads(upgrade.formatted(found, upgrade.guide(found, "v1.0.0", "v2.0.0"), "json"))
    assert [item["id"] for item in guide["unread"]] == [ID]
    assert said in guide["unread"][0]["why"]


def data(text: str) -> Any:
    """Give the value that a file of data holds, JSON or a script that hands it over."""
    opens = min(place for sign in "{[" if (place := text.find(sign)) >= 0)
    found, _ = json.JSONDecoder().raw_decode(text, opens)
    return found


def told(value: Any) -> Iterator[Any]:
    """Yield what data say of the migration: every single value of an object that is about it."""
    if isinstance(value, dict):
        about_it = ID in (value.get("id"), value.get("migration"))
        for key, part in value.items():
            yield from (single(part, key) if about_it or key == ID else told(part))
    elif isinstance(value, list):
        for part in value:
            yield from told(part)


def single(value: Any, key: str) -> Iterator[Any]:
    """Yield the single values of a part, each with its key."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield from single(part, f"{key}.{name}")
    elif isinstance(value, list):
        for part in value:
            yield from single(part, key)
    else:
        yield key, value


def test_no_data_judge_it(project: tuple[projects.Project, str]) -> None:
    """Neither migrations.json, nor what the picker puts a way together from, nor a guide's JSON."""
    found, _ = project
    guide = upgrade.formatted(found, upgrade.guide(found, "v1.0.0", "v2.0.0"), "json")
    files = [
        *written(found),
        ("guide.json", guide),
        ("list.json", json.dumps(listing.listing(found.facts))),
    ]
    said = {
        place: list(told(data(text))) for place, text in files if place.endswith((".json", ".js"))
    }
    assert sum(map(bool, said.values())) >= 5, said.keys()
    nothing = re.compile(rf"{JUDGED.pattern}|\bnothing\b", re.IGNORECASE)
    judged = [
        (place, key, value)
        for place, values in said.items()
        for key, value in values
        # Not known to be safe, and to be stopped for that, ask for care; its name is known.
        if (key, value) not in {("known_safe", False), ("stop_needed", True), ("repeatable", False)}
        and (isinstance(value, bool) or (isinstance(value, str) and nothing.search(value)))
    ]
    assert not judged


def test_the_application_is_stopped_where_nobody_knows(
    project: tuple[projects.Project, str],
) -> None:
    """What the old version meets may break it, and the backup comes after the stop."""
    found, _ = project
    steps = [step.kind for step in upgrade.guide(found, "v1.0.0", "v2.0.0").steps]
    assert steps.index("stop") < steps.index("backup") < steps.index("apply")
