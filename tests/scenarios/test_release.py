"""``migdocs release``: a version is proposed or checked, documents are stamped, git is tagged."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from git_scenarios import draw, git

if TYPE_CHECKING:
    from pathlib import Path

    from tests.scenarios.conftest import Workplace

ADD = "ALTER TABLE people ADD COLUMN {name} text;\n"


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a project that released v1.0.0, with all its documents in order."""
    people = "CREATE TABLE people (id bigint PRIMARY KEY);"
    folder = draw(
        tmp_path_factory.mktemp("released"),
        f"main | feat: people | '1_people.sql={people}' '1_people_rollback.sql=DROP TABLE people;'"
        " | v1.0.0",
    )
    subprocess.run([sys.executable, "-m", "migdocs", "generate", "--quiet"], cwd=folder, check=True)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "-m", "docs: v1.0.0")
    return folder


@pytest.fixture
def project(released: Path, empty: Workplace) -> Workplace:
    """Give a copy of a project that released v1.0.0."""
    root = empty.root.with_name("project")
    return replace(empty, root=shutil.copytree(released, root))


def add(place: Workplace, number: int, sql: str, subject: str) -> None:
    """Commit a migration."""
    place.write(f"migrations/{number}_change.sql", sql)
    place.write(f"migrations/{number}_change_rollback.sql", "SELECT 1;\n")
    place.commit(subject)


def today() -> str:
    """Give the day that git would put on a commit now."""
    return datetime.now().astimezone().date().isoformat()


def test_a_version_is_proposed_with_its_reasons(project: Workplace) -> None:
    """By commits and by what the SQL does; nothing is written."""
    add(project, 2, ADD.format(name="name"), "fix: a page")
    before = project.files()
    said = project.migdocs("release", "--json")
    assert said.code == 0
    answer = json.loads(said.out)
    assert (answer["previous"], answer["proposed"], answer["part"]) == ("v1.0.0", "v1.1.0", "minor")
    assert [reason["part"] for reason in answer["reasons"]] == ["minor", "patch"]
    assert project.files() == before


def test_notes_that_say_breaking_ask_for_a_major(project: Workplace) -> None:
    """What people declare counts where the SQL alone would not break anybody."""
    project.write("migrations/2_change.md", "# Change\n\n**Breaking:** Yes\n")
    add(project, 2, ADD.format(name="name"), "feat: a name")
    said = project.migdocs("release")
    assert said.code == 0
    assert "v1.0.0 → v2.0.0 (major)" in said.err
    assert "major: 2_change: its notes say that it breaks" in said.err


def test_a_release_is_stamped_tagged_and_done_once(project: Workplace) -> None:
    """The documents of the tagged commit are right, before and after; again does nothing."""
    add(project, 2, ADD.format(name="name"), "feat: a name")
    made = project.migdocs("release", "1.1.0", "--tag")
    assert made.code == 0, made.err
    assert f"## v1.1.0 - {today()}\n\n### Added\n\n- a name" in project.read("CHANGELOG.md")
    assert project.git("describe", "--tags").strip() == "v1.1.0"
    assert project.git("cat-file", "-t", "v1.1.0").strip() == "tag"
    assert project.git("status", "--porcelain") == ""
    assert project.migdocs("generate", "--check").code == 0
    before = project.files(), project.git("rev-parse", "HEAD", "v1.1.0")
    again = project.migdocs("release", "1.1.0", "--tag")
    assert again.code == 0
    assert "nothing to do" in again.err
    assert (project.files(), project.git("rev-parse", "HEAD", "v1.1.0")) == before


def test_a_stamp_holds_until_the_tag_is_there(project: Workplace) -> None:
    """Without --tag the documents are written; they stay right while people commit and tag."""
    add(project, 2, ADD.format(name="name"), "feat: a name")
    assert project.migdocs("release", "v1.1.0").code == 0
    assert project.migdocs("generate", "--check").code == 0
    stamped = project.files()
    assert project.migdocs("release", "v1.1.0").code == 0
    assert project.files() == stamped
    project.git("add", "--all")
    project.git("commit", "--quiet", "-m", "Release v1.1.0", date=f"{today()}T12:00:00+00:00")
    assert project.migdocs("generate", "--check").code == 0
    project.git("tag", "v1.1.0")
    assert project.migdocs("generate", "--check").code == 0


def test_only_one_release_is_stamped_at_a_time(project: Workplace) -> None:
    """The one before would be lost if nobody had tagged it."""
    add(project, 2, ADD.format(name="name"), "feat: a name")
    project.migdocs("release", "v1.1.0")
    said = project.migdocs("release", "v1.2.0")
    assert said.code == 1
    assert "'v1.1.0' is stamped in the change log and not tagged yet" in said.err


def test_a_version_that_is_too_low_is_refused(project: Workplace) -> None:
    """A breaking migration in a minor release needs a reason, and the tag keeps it."""
    add(project, 2, "DROP TABLE people;\n", "feat: nobody")
    before = project.files()
    public = {"MIGDOCS_SCHEMA": "public"}
    refused = project.migdocs("release", "v1.1.0", "--tag", env=public)
    assert refused.code == 1
    assert "'v1.1.0' is too low: what is new asks for a major step (2_change: " in refused.err
    assert "--allow-lower REASON" in refused.err
    assert project.files() == before
    reason = ("--allow-lower", "nobody used it")
    allowed = project.migdocs("release", "v1.1.0", "--tag", *reason, env=public)
    assert allowed.code == 0, allowed.err
    assert "nobody used it" in project.git("tag", "-n9", "v1.1.0")


def test_a_version_that_is_out_already_is_refused(project: Workplace) -> None:
    """It names the day, and nothing is written."""
    add(project, 2, ADD.format(name="name"), "feat: a name")
    before = project.files()
    said = project.migdocs("release", "v1.0.0")
    assert said.code == 1
    assert "'v1.0.0' is released already, on 2026-01-01" in said.err
    assert project.files() == before


def test_a_dry_run_shows_and_writes_nothing(project: Workplace) -> None:
    """The difference is printed as 'generate --diff' would print it."""
    add(project, 2, ADD.format(name="name"), "feat: a name")
    before = project.files(), project.git("rev-parse", "HEAD")
    said = project.migdocs("release", "v1.1.0", "--tag", "--dry-run")
    assert said.code == 0
    assert f"+## v1.1.0 - {today()}" in said.out
    assert (project.files(), project.git("rev-parse", "HEAD")) == before


def test_what_is_not_committed_is_not_tagged(project: Workplace) -> None:
    """A tag without a migration of its release would be wrong for ever."""
    add(project, 2, ADD.format(name="name"), "feat: a name")
    project.write("migrations/3_more.sql", ADD.format(name="more"))
    before = project.files()
    said = project.migdocs("release", "v1.1.0", "--tag")
    assert said.code == 1
    assert "migrations/3_more.sql: not committed" in said.err
    assert project.files() == before


def test_a_tag_that_is_in_the_way_is_said_before_anything_is_written(project: Workplace) -> None:
    """Git would refuse it only when the documents are committed already."""
    add(project, 2, ADD.format(name="name"), "feat: a name")
    project.git("tag", "v1.1.0", "HEAD:migrations/1_people.sql")
    before = project.files(), project.git("rev-parse", "HEAD")
    said = project.migdocs("release", "v1.1.0", "--tag")
    assert said.code == 1
    assert (
        "a tag 'v1.1.0' already, which is not a release: it does not point to a commit" in said.err
    )
    assert (project.files(), project.git("rev-parse", "HEAD")) == before


def test_nothing_new_is_nothing_to_release(project: Workplace) -> None:
    """An empty release is refused."""
    project.git("tag", "v1.0.1")
    said = project.migdocs("release", "v1.1.0")
    assert said.code == 1
    assert "nothing is new since v1.0.1" in said.err


def test_entries_written_by_hand_go_under_the_release(project: Workplace) -> None:
    """People's 'Unreleased' keeps its words and gets the version's heading."""
    project.write(
        "CHANGELOG.md",
        project.read("CHANGELOG.md")
        + "\n## [Unreleased]\n\n### Added\n\n- A name, at last.\n"
        + "\n## [1.0.0] - 2026-01-01\n\nFirst.\n",
    )
    add(project, 2, ADD.format(name="name"), "feat: a name")
    made = project.migdocs("release", "v1.1.0", "--tag")
    assert made.code == 0, made.err
    text = project.read("CHANGELOG.md")
    assert (
        f"\n## [Unreleased]\n\n## [1.1.0] - {today()}\n\n### Added\n\n- A name, at last.\n\n"
        "## [1.0.0] - 2026-01-01\n\nFirst.\n" in text
    )
    assert text.count("1.1.0] - ") == 1
    assert project.migdocs("generate", "--check").code == 0


def test_the_first_release_of_a_project(empty: Workplace) -> None:
    """Without any tag it proposes one, and makes what is asked for."""
    empty.write("migrations/1_people.sql", "CREATE TABLE people (id bigint PRIMARY KEY);\n")
    empty.commit("feat: people")
    assert "nothing → v0.1.0" in empty.migdocs("release").err
    made = empty.migdocs("release", "v1.0.0", "--tag")
    assert made.code == 0, made.err
    assert f"## v1.0.0 - {today()}" in empty.read("CHANGELOG.md")
    assert empty.migdocs("generate", "--check").code == 0


def test_a_family_of_tags_keeps_its_prefix(empty: Workplace) -> None:
    """The tag is named as the last one is."""
    empty.write("migdocs.toml", 'migrations = "service/migrations"\n')
    empty.write("service/migrations/1_a.sql", "CREATE TABLE a (id int);\n")
    empty.commit("feat: a", tag="service/v1.0.0")
    empty.write("service/migrations/2_b.sql", "CREATE TABLE b (id int);\n")
    empty.commit("feat: b")
    made = empty.migdocs("release", "v1.1.0", "--tag")
    assert made.code == 0, made.err
    assert "service/v1.1.0" in empty.git("tag").split()


def test_a_stretch_of_the_change_log_is_printed(project: Workplace) -> None:
    """Git's commits and the migrations, released or not; by a template of one's own; as JSON."""
    add(project, 2, ADD.format(name="name"), "feat: a name (#7)")
    project.git("tag", "v1.1.0")
    project.commit("fix: <b>pages</b>")
    said = project.migdocs("changelog", "--from", "v1.0.0", "--authors")
    assert said.code == 0, said.err
    assert said.out.startswith("## Unreleased\n\n### Fixed\n\n- &lt;b&gt;pages&lt;/b&gt; (`")
    assert "\n## v1.1.0 - 2026-01-01\n\n### Added\n\n- a name (#7, `" in said.out
    assert ") by Ada\n" in said.out
    assert (
        "\n### Database\n\n- [`2_change`](migrations/MIGRATIONS_LOG.md#2_change): Change\n"
        in said.out
    )
    assert "v1.0.0" not in said.out
    assert project.migdocs("changelog", "--from", "v1.0.0", "--authors").out == said.out
    only = json.loads(project.migdocs("changelog", "--to", "1.0.0", "--json").out)
    assert [release["version"] for release in only["releases"]] == ["v1.0.0"]
    assert only["releases"][0]["sections"][0]["entries"][0]["text"] == "people"
    assert only["releases"][0]["database"][0]["id"] == "1_people"
    project.write(
        "mail.jinja",
        "{% for item in releases %}{{ item.release.version }}:"
        "{% for section in item.sections %}{% for line in section.entries %} {{ line }}."
        "{% endfor %}{% endfor %}\n{% endfor %}",
    )
    mail = project.migdocs("changelog", "--unreleased", "--template", "mail.jinja")
    assert mail.out.startswith("Unreleased: &lt;b&gt;pages&lt;/b&gt; (")


def test_candidates_are_told_with_their_final_release(project: Workplace) -> None:
    """Whoever skips candidates reads all of it in one place; a stretch that parts them does not."""
    add(project, 2, ADD.format(name="name"), "feat: a name")
    project.git("tag", "v1.1.0-rc.1")
    project.commit("fix: pages", tag="v1.1.0")
    whole = project.migdocs("changelog", "--from", "v1.0.0").out
    final, candidate = whole.split("## v1.1.0-rc.1 - 2026-01-01\n")
    assert "- a name (" in final
    assert "- pages (" in final
    assert "[`2_change`]" in final
    assert candidate == "\nA release candidate of v1.1.0: see there for what is new.\n"
    answer = json.loads(project.migdocs("changelog", "--from", "v1.0.0", "--json").out)
    assert [(r["version"], r["previous"], r["told_in"]) for r in answer["releases"]] == [
        ("v1.1.0", "v1.0.0", None),
        ("v1.1.0-rc.1", "v1.0.0", "v1.1.0"),
    ]
    rest = project.migdocs("changelog", "--from", "v1.1.0-rc.1").out
    assert "- pages (" in rest
    assert "a name" not in rest
    assert "- a name (" in project.migdocs("changelog", "--to", "v1.1.0-rc.1").out
    project.migdocs("generate")
    assert "A release candidate of v1.1.0" in project.read("CHANGELOG.md")
    assert project.migdocs("generate", "--check").code == 0


def test_a_back_port_is_told_once_and_both_releases_say_so(project: Workplace) -> None:
    """Whoever reads only the newer release is led to where it stands."""
    project.commit("fix: pages")
    picked = project.git("rev-parse", "HEAD").strip()
    project.git("tag", "v1.1.0")
    project.git("switch", "--quiet", "-c", "1.0.x", "v1.0.0")
    project.git("cherry-pick", "--allow-empty", "-x", picked)
    project.git("tag", "v1.0.1")
    said = project.migdocs("changelog", "--from", "v1.0.0").out
    assert said.count("- pages (") == 1
    assert "), also in v1.1.0\n" in said
    assert (
        "## v1.1.0 - 2026-01-01\n\n"
        'What is marked "also in v1.1.0" under v1.0.1 is in this release too.\n' in said
    )


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--from", "v1.0.1"], 2, "there is no release 'v1.0.1'\nHint: did you mean 'v1.0.0'?"),
        (["--unreleased", "--to", "v1.0.0"], 2, "contradict each other"),
        (["--template", "wrong.jinja"], 2, "wrong.jinja:2: the template is wrong"),
        (["--template", "escape.jinja"], 2, "escape.jinja:1: the template is wrong"),
    ],
)
def test_a_change_log_that_cannot_be_printed(
    arguments: list[str], code: int, message: str, project: Workplace
) -> None:
    """Versions that are none, a template with a fault, one that would leave its sandbox."""
    project.write("wrong.jinja", "one\n{% for %}\n")
    project.write("escape.jinja", "{{ releases.__class__.__mro__ }}")
    said = project.migdocs("changelog", *arguments)
    assert said.code == code
    assert message in said.err


@pytest.mark.parametrize(
    ("template", "says"),
    [
        (
            "{% for i in range(10 ** 9) %}{% endfor %}",
            "wrong.jinja:2: the template is wrong: Range",
        ),
        ("{{ 'a' * 10 ** 10 }}", "takes more memory"),
        ("{{ '%9999999999d' % 1 }}", "takes more memory"),
        ("{{ 'a'.ljust(10 ** 10) }}", "takes more memory"),
        ("{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}", "calls itself without end"),
        ("{{ '(' * 1 }}{{ " + "(" * 20_000 + " }}", "the template"),
        ("{{ 'a' * 17_000_000 }}", "writes more than 16 MB"),
        ("{{ 1 / 0 }}", "wrong.jinja:2: the template is wrong: division by zero"),
        ("{{ releases[99].x }}", "wrong.jinja:2: the template is wrong"),
    ],
)
def test_a_template_has_limits(template: str, says: str, project: Workplace) -> None:
    """Of time, memory and size, where the setting names it and where an option does."""
    project.write("wrong.jinja", f"one\n{template}\n")
    project.write("migdocs.toml", 'changelog_template = "wrong.jinja"\n')
    for arguments in (("changelog", "--template", "wrong.jinja"), ("generate", "changelog")):
        said = project.migdocs(*arguments)
        assert said.code == 2, said
        assert says in said.err
        assert "Traceback" not in said.err


def test_a_template_that_does_not_end_is_ended(project: Workplace) -> None:
    """Loops within loops, each of them short."""
    loops = "".join(f"{{% for {name} in range(99999) %}}" for name in "abc")
    project.write("wrong.jinja", loops + "{% endfor %}" * 3)
    said = project.migdocs("changelog", "--template", "wrong.jinja")
    assert said.code == 2
    assert "wrong.jinja: the template takes" in said.err


def test_a_template_of_the_project_s_own(project: Workplace) -> None:
    """The setting names it; 'generate --check' holds the document to it."""
    project.write("migdocs.toml", 'changelog_template = "log.jinja"\n')
    project.write(
        "log.jinja", "{% for item in releases %}\n* {{ item.release.version }}\n{% endfor %}"
    )
    assert project.migdocs("generate", "--check").code == 1
    assert project.migdocs("generate").code == 0
    assert "begin changelog -->\n* v1.0.0\n<!--" in project.read("CHANGELOG.md")
    assert project.migdocs("generate", "--check").code == 0
    project.write("log.jinja", "{{ nothing }}")
    said = project.migdocs("generate", "--check")
    assert said.code == 2
    assert "log.jinja:1: the template is wrong: 'nothing' is undefined" in said.err
