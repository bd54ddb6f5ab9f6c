"""The day of a release, seen from other branches, from a log that people keep, and without tags."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.scenarios.conftest import Workplace

from git_scenarios import draw, git

if TYPE_CHECKING:
    from pathlib import Path

DRAWING = """
main | feat: start | "1.sql=CREATE TABLE a (id int);" | v1.0.0
"""
HAND = """# Changelog

## [Unreleased]

## [1.0.0] - 2026-01-01

- one

[Unreleased]: https://github.com/acme/app/compare/v1.0.0...HEAD
[1.0.0]: https://github.com/acme/app/releases/tag/v1.0.0
"""


def test_a_tag_on_another_branch_turns_no_check_red(tmp_path: Path) -> None:
    """Who writes a branch cannot know of it; what the branch itself does is still asked for."""
    place = Workplace(draw(tmp_path / "app", DRAWING))
    assert place.migdocs("generate", "-q").code == 0
    place.commit("docs: generate")
    place.git("switch", "--quiet", "--create", "work")
    place.commit("fix: on the branch")
    place.git("switch", "--quiet", "main")
    place.write("migrations/2.sql", "CREATE TABLE b (id int);\n")
    place.commit("feat: on main", tag="v1.1.0", date="2026-02-01")
    assert place.migdocs("generate", "--check", "-q").code == 1, "main itself has the release"
    place.git("switch", "--quiet", "work")
    done = place.migdocs("generate", "--check")
    assert (done.code, done.out) == (0, ""), done.out
    assert "Tagged on another branch, not required here: v1.1.0" in done.err
    assert "stale-document" not in place.migdocs("check").out
    assert place.migdocs("generate", "-q").code == 0
    assert "v1.1.0" in place.read("CHANGELOG.md"), "who asks for it gets it"
    assert place.migdocs("generate", "--check", "-q").code == 0
    place.git("checkout", "--quiet", ".")
    place.write("migrations/3.sql", "CREATE TABLE c (id int);\n")
    assert place.migdocs("generate", "--check", "-q").code == 1


def test_a_project_without_tags_makes_its_first_release_by_its_log(tmp_path: Path) -> None:
    """What is new is what came after its last words; afterwards git tells, and agrees."""
    place = Workplace(draw(tmp_path / "app", DRAWING.replace("v1.0.0", "")))
    git(place.root, "remote", "add", "origin", "https://github.com/acme/app.git")
    place.write("CHANGELOG.md", HAND)
    place.commit("docs: 1.0.0", date="2026-01-02")
    place.commit("feat: brand new", date="2026-01-02")
    assert "brand new" in place.migdocs("changelog", "--unreleased").out
    assert "1.0.0 → 1.1.0 (minor)" in place.migdocs("release").err
    assert place.migdocs("generate", "--adopt", "-q").code == 0
    place.commit("docs: generate", date="2026-01-03")
    assert place.migdocs("release", "1.1.0").code == 0
    assert place.migdocs("generate", "--check", "-q").code == 0, "between the two steps"
    place.commit("docs: prepare")
    assert place.migdocs("generate", "--check", "-q").code == 0
    assert place.migdocs("release", "--tag").code == 0
    assert place.git("tag").split() == ["1.1.0"]
    log = place.read("CHANGELOG.md")
    assert "## [Unreleased]\n\n## [1.1.0] - " in log
    assert "- brand new" in log
    assert "[Unreleased]: https://github.com/acme/app/compare/1.1.0...HEAD" in log
    assert "[1.1.0]: https://github.com/acme/app/compare/v1.0.0...1.1.0" in log
    assert place.migdocs("generate", "--check", "-q").code == 0
    told = place.migdocs("changelog", "--release", "1.1.0").out
    assert "brand new" in told
    assert "start" not in told
    assert "Nothing is new since 1.1.0." in place.migdocs("changelog", "--unreleased").out
    place.commit("fix: later")
    hotfix = place.migdocs("release", "1.1.0+hotfix", "--dry-run")
    assert "'1.1.0+hotfix' is too low" in hotfix.err, "it is not 1.1.0, which is released"


def test_adopting_says_what_goes_where_and_loses_nothing(tmp_path: Path) -> None:
    """As the setting chooses; a section that was moved out of ours takes no other with it."""
    place = Workplace(draw(tmp_path / "app", DRAWING))
    place.write("migrations/2.sql", "CREATE TABLE b (id int);\n")
    place.commit("feat: two", tag="v1.1.0", date="2026-02-01")
    place.commit("fix: three", tag="v1.2.0", date="2026-03-01")
    hand = "# Changelog\n\n## 1.1.0\n\n- two, by hand\n"
    place.write("changes.md", hand)
    shown = place.migdocs("generate", "changelog", "--diff")
    assert shown.code == 0
    assert "changes.md: adds the releases after v1.1.0 on line 3, above '1.1.0'" in shown.err
    assert "+## v1.2.0 - 2026-03-01" in shown.out
    assert place.read("changes.md") == hand
    begin, title = "<!-- migdocs:begin changelog -->\n", "# Changelog\n\n"
    assert [line for line in shown.out.split("\n")[3:] if line[:1] == "-"] == []
    assert place.migdocs("generate", "changelog", "--adopt", "-q").code == 0
    assert place.read("changes.md").startswith(f"{title}{begin}## v1.2.0 - 2026-03-01\n")
    assert place.read("changes.md").endswith("\n\n## 1.1.0\n\n- two, by hand\n")
    assert place.migdocs("generate", "--check", "changelog").code == 0
    place.write("changes.md", hand)
    place.write("migdocs.toml", 'adopted_log = "sections"\n')
    assert place.migdocs("generate", "changelog", "--adopt", "-q").code == 0
    log = place.read("changes.md")
    assert "- two, by hand\n\n<!-- migdocs:begin database-v1.1.0 -->\n### Database\n" in log
    assert "v1.0.0" not in log, "a gap of long ago does not stand above today"
    place.write("migdocs.toml", 'adopted_log = "below"\n')
    place.write("changes.md", hand)
    assert place.migdocs("generate", "changelog", "--adopt", "-q").code == 0
    log = place.read("changes.md")
    assert log.startswith(hand)
    assert log.index("## v1.2.0") < log.index("## v1.0.0")
    place.write("migdocs.toml", "")
    above, _, below = log.partition("## v1.2.0 - 2026-03-01")
    place.write("changes.md", f"{above}{below}\n## v1.2.0 - 2026-03-01\n\n- by hand\n")
    assert place.migdocs("generate", "changelog", "-q").code == 0
    ours = place.read("changes.md").partition("migdocs:begin")[2].partition("migdocs:end")[0]
    assert "## v1.0.0" in ours
    assert "## v1.2.0" not in ours


def test_a_hook_s_refusal_is_shown_as_it_is(tmp_path: Path) -> None:
    """It judges the release's commit as any other; the settings word a message that it takes."""
    place = Workplace(draw(tmp_path / "app", DRAWING.replace("v1.0.0", "")))
    place.write("migdocs.toml", "")
    place.commit("fix: y\n\nBREAKING CHANGE\nno colon")
    asks = '#!/bin/sh\ngrep -q ^PROJ- "$1" && exit 0\necho "Begin with PROJ-1!"\nexit 1\n'
    hook = place.write(".git/hooks/commit-msg", asks)
    hook.chmod(0o755)
    done = place.migdocs("release", "v1.0.0", "--tag")
    assert done.code == 1
    assert "\nBegin with PROJ-1!\n" in done.err
    assert "release_message" in done.err
    assert place.git("tag") == ""
    place.write("migdocs.toml", 'release_message = "PROJ-1 release {version}"\n')
    assert place.migdocs("release", "v1.0.0", "--tag").code == 0
    assert place.git("log", "-1", "--format=%s") == "PROJ-1 release v1.0.0\n"
    assert "PROJ-1" not in place.read("CHANGELOG.md")
    assert place.migdocs("generate", "--check", "-q").code == 0
    assert "1 say BREAKING CHANGE without a colon" in place.migdocs("doctor").out
