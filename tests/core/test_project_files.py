"""The files that ``init`` adds: what they say, and what becomes of those that are there."""

from __future__ import annotations

import os
import re
import subprocess
from importlib import resources
from pathlib import Path

import pytest
import yaml
from msgspec import structs

from migdocs.cli.main import COMMANDS
from migdocs.core import project_files
from migdocs.core.errors import UsageError
from migdocs.core.project_files import Setup
from migdocs.core.runner import Runner

HOOKS = Path(__file__).parents[2] / ".pre-commit-hooks.yaml"
SETUP = Setup("db/migrations", Runner(), "github", "main", "1.2.0")
GITLAB = structs.replace(SETUP, forge="gitlab")
GOOSE = Runner(
    name="goose",
    status='goose -dir m postgres "$DATABASE_URL" status',
    apply='goose -dir m postgres "$DATABASE_URL" up',
    apply_to="",
    rollback_to="",
    guided="",
)


@pytest.fixture(scope="module")
def templates() -> dict[str, str]:
    """Give the texts that the package carries."""
    folder = resources.files("migdocs").joinpath("templates/project")
    return {item.name: item.read_text(encoding="utf-8") for item in folder.iterdir()}


def plan(
    setup: Setup, templates: dict[str, str], existing: dict[str, str] | None = None
) -> dict[str, project_files.ProjectFile]:
    """Plan, by path."""
    return {item.path: item for item in project_files.plan(setup, templates, existing or {})}


def test_every_template_is_used_and_there(templates: dict[str, str]) -> None:
    """No text is carried for nothing, and none is missing."""
    site = {"index.md", "mkdocs.yml"}  # which `init` writes with the documents' own paths
    assert set(project_files.template_names()) == set(templates) - site


@pytest.mark.parametrize(
    ("setup", "expected"),
    [
        (
            SETUP,
            {
                ".github/workflows/migrations.yml",
                ".github/PULL_REQUEST_TEMPLATE/migration.md",
                ".pre-commit-config.yaml",
                "scripts/migrate.sh",
                "scripts/migrate.bat",
                "Makefile",
            },
        ),
        (
            structs.replace(GITLAB, runner=GOOSE),
            {
                ".gitlab/migrations.yml",
                ".gitlab/merge_request_templates/migration.md",
                ".gitlab-ci.yml",
                ".pre-commit-config.yaml",
                "Makefile",
            },
        ),
        (
            structs.replace(SETUP, forge="", runner=GOOSE),
            {".pre-commit-config.yaml", "Makefile"},
        ),
    ],
)
def test_a_project_gets_what_it_has_a_use_for(
    setup: Setup, expected: set[str], templates: dict[str, str]
) -> None:
    """CI for its forge, scripts where migdocs is the runner; nothing else."""
    planned = plan(setup, templates)
    assert set(planned) == set(project_files.paths(setup)) == expected
    assert {item.action for item in planned.values()} == {"create"}


@pytest.mark.parametrize("setup", [SETUP, GITLAB], ids=["github", "gitlab"])
def test_what_is_written_can_be_read(setup: Setup, templates: dict[str, str]) -> None:
    """YAML is YAML, nothing is left to fill in, and every shell script in it is one."""
    for path, item in plan(setup, templates).items():
        assert not re.search(r"@\w+@", item.text), path
        if path.endswith((".yml", ".yaml")):
            for script in scripts(yaml.safe_load(item.text)):
                subprocess.run(["bash", "-n"], input=script, text=True, check=True)
        if path.endswith(".sh"):
            subprocess.run(["sh", "-n"], input=item.text, text=True, check=True)


def scripts(value: object) -> list[str]:
    """List the shell scripts in a workflow or a pipeline."""
    if isinstance(value, dict):
        own = [value["run"]] if isinstance(value.get("run"), str) else []
        for key in ("script", "before_script"):
            own += value.get(key) or []
        return own + [script for inner in value.values() for script in scripts(inner)]
    return [s for inner in value for s in scripts(inner)] if isinstance(value, list) else []


def test_the_python_in_the_pipeline_is_python(templates: dict[str, str]) -> None:
    """What stands inside ``python -c '…'`` compiles where it stands, in its own columns."""
    pipeline = yaml.safe_load(plan(GITLAB, templates)[".gitlab/migrations.yml"].text)
    script = next(s for s in pipeline["migrations"]["script"] if "python -c" in s)
    inside = re.search(r"python -c '(?P<code>[^']+)'", script)
    assert inside is not None
    compile(inside["code"], "pipeline", "exec")


def test_the_workflow_is_safe_and_complete(templates: dict[str, str]) -> None:
    """The whole history, no credentials left, no expression inside a script, our version."""
    text = plan(SETUP, templates)[".github/workflows/migrations.yml"].text
    workflow = yaml.safe_load(text)
    steps = workflow["jobs"]["migrations"]["steps"]
    assert steps[0]["with"] == {"fetch-depth": 0, "persist-credentials": False}
    assert not any("${{" in script for script in scripts(workflow))
    assert "python -m pip install 'migdocs[embedded]==1.2.0'" in text
    assert "-- 'db/migrations'" in text
    assert workflow[True]["push"] == {"branches": ["main"]}  # YAML 1.1 reads `on` so


def test_every_command_in_the_templates_exists(templates: dict[str, str]) -> None:
    """CI types no command that migdocs does not have."""
    known = {name for commands in COMMANDS.values() for name in commands}
    for text in (*templates.values(), HOOKS.read_text(encoding="utf-8")):
        assert set(re.findall(r"\bmigdocs (\w+)", text)) <= known


def test_hooks_for_other_projects() -> None:
    """This repository's own hooks run both commands, on the whole project."""
    hooks = yaml.safe_load(HOOKS.read_text(encoding="utf-8"))
    assert [hook["id"] for hook in hooks] == ["migdocs-generate", "migdocs-check"]
    assert all(hook["language"] == "python" and not hook["pass_filenames"] for hook in hooks)


def test_the_hooks_pattern_takes_the_folder_only(templates: dict[str, str]) -> None:
    """A dot in a folder's name is a dot; the root takes every file."""
    for folder, yes, no in (
        ("db.v2/sql", "db.v2/sql/x.sql", "db-v2/sql/x.sql"),
        (".", "x.sql", None),
    ):
        setup = structs.replace(SETUP, migrations=folder)
        config = yaml.safe_load(plan(setup, templates)[".pre-commit-config.yaml"].text)
        pattern = config["repos"][0]["hooks"][0]["files"]
        assert re.search(pattern, yes)
        assert no is None or not re.search(pattern, no)


def test_a_file_of_the_users_own_is_left_alone(templates: dict[str, str]) -> None:
    """It is said what to paste; one that is as we write it is done."""
    path = ".pre-commit-config.yaml"
    ours = plan(SETUP, templates)[path].text
    assert plan(SETUP, templates, {path: ours})[path].action == "same"
    theirs = plan(SETUP, templates, {path: "repos: []\n"})[path]
    assert (theirs.action, theirs.text) == ("paste", ours)


@pytest.mark.parametrize("folder", ["a'b", "a$(b)", "a\nb", "", "a`b`", " a"])
def test_a_folder_that_could_break_out_is_refused(folder: str, templates: dict[str, str]) -> None:
    """A folder's name stands in shell commands."""
    with pytest.raises(UsageError):
        plan(structs.replace(SETUP, migrations=folder), templates)


# --- make ---------------------------------------------------------------------------------------


def make(folder: Path, text: str, *arguments: str) -> str:
    """Give what make would run."""
    (folder / "Makefile").write_text(text, encoding="utf-8")
    return subprocess.run(
        ["make", "--dry-run", "--no-print-directory", *arguments],
        cwd=folder,
        env={"PATH": os.environ["PATH"]},  # `make test` hands its own flags down
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def test_make_runs_the_commands(templates: dict[str, str], tmp_path: Path) -> None:
    """The seed's targets, each with the runner's command."""
    text = plan(SETUP, templates)["Makefile"].text
    targets = ["migrate", "migrate-up", "migrate-status", "migrate-list", "migrate-backup"]
    targets += ["migrate-test", "migrate-down"]
    assert make(tmp_path, text, *targets).splitlines() == [
        "migdocs migrate",
        "migdocs apply",
        "migdocs status",
        "migdocs list",
        "migdocs backup",
        "migdocs verify",
        "migdocs rollback",
    ]
    assert make(tmp_path, text, "migrate-down", "TO=v1.0.0") == "migdocs rollback --to v1.0.0\n"
    assert make(tmp_path, text, "migration", "NAME=add x") == 'migdocs new "add x"\n'


def test_make_runs_another_runners_commands(templates: dict[str, str], tmp_path: Path) -> None:
    """The shell sees one dollar; what the runner has no command for is no target."""
    text = plan(structs.replace(SETUP, runner=GOOSE), templates)["Makefile"].text
    assert make(tmp_path, text, "migrate-up") == 'goose -dir m postgres "$DATABASE_URL" up\n'
    assert "migrate-down:" not in text
    assert "migrate:" not in text


def test_a_makefile_keeps_every_byte_of_its_own(templates: dict[str, str], tmp_path: Path) -> None:
    """The region goes to the end, the default goal stays, and a second time changes nothing."""
    theirs = "VERSION := 1\n\nall: build\n\nbuild migrate-up:\n\techo theirs"
    once = plan(SETUP, templates, {"Makefile": theirs})["Makefile"]
    assert once.action == "update"
    assert once.text.startswith(theirs + "\n\n# migdocs:begin make\n")
    assert once.why == "these stay yours: migrate-up"
    assert make(tmp_path, once.text, "migrate-up") == "echo theirs\n"
    assert make(tmp_path, once.text) == "echo theirs\n"
    again = plan(SETUP, templates, {"Makefile": once.text})["Makefile"]
    assert (again.action, again.text) == ("same", once.text)
    below = once.text + "\nmore:\n\techo more\n"
    changed = structs.replace(SETUP, runner=GOOSE)
    later = plan(changed, templates, {"Makefile": below})["Makefile"]
    assert later.text.startswith(theirs)
    assert later.text.endswith("# migdocs:end make\n\nmore:\n\techo more\n")
    assert "migdocs rollback" not in later.text
