"""What has not run in a database, from the list that its owner pastes into the page."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from tests.site.conftest import Site


def answer(site: Site, page: Page, pasted: str) -> str:
    """Paste something into the page; give what it says to it."""
    page.goto(site.url("database/upgrade"))
    page.get_by_text("Which migrations has my database not run?").click()
    page.get_by_label("Paste what it has applied").fill(pasted)
    return str(page.locator("[data-migdocs=since] [aria-live]").inner_text())


def applied_at(site: Site, version: str) -> list[str]:
    """Name the migrations of a release."""
    release = next(r for r in site.project.facts.history.releases if r.version == version)
    return sorted(release.ids)


@pytest.mark.parametrize("form", ["lines", "json", "files", "table"])
def test_every_form_of_a_list_says_the_same(site: Site, page: Page, form: str) -> None:
    """Ids, the command's JSON, scripts' paths, and a table of its own with a row that failed."""
    ids = applied_at(site, "v1.1.0")
    missing = [i for i in applied_at(site, "v2.0.0") if i not in ids]
    pasted = {
        "lines": "\n".join(ids),
        "json": json.dumps({"applied": ids, "pending": missing}),
        "files": "\n".join(f"migrations/{id_}.sql" for id_ in ids),
        "table": " installed_rank | script | success\n----+----+----\n"
        + "".join(f" {n} | {id_}.sql | t\n" for n, id_ in enumerate(ids))
        + f" 9 | {missing[0]}.sql | f\n({len(ids) + 1} rows)\n",
    }[form]
    said = answer(site, page, pasted)
    assert f"{len(ids)} migrations applied, {len(missing)} of v2.0.0 not." in said
    assert "All of v1.1.0 has run." in said
    assert all(id_ in said for id_ in missing)
    page.get_by_role("link", name="Upgrade v1.1.0 to v2.0.0", exact=True).first.click()
    page.locator(".migdocs-result[data-whole]").wait_for()
    assert "v1.1.0 to v2.0.0" in page.locator("#migdocs-title").inner_text()


def test_one_row_of_a_runner_is_all_up_to_it(pocketid: Site, page: Page) -> None:
    """golang-migrate keeps the last version alone; a dirty one did not run."""
    ids = list(pocketid.project.facts.entries)
    number = ids[9].partition("_")[0]
    said = answer(
        pocketid, page, f"    version     | dirty \n------+-----\n {number} | f\n(1 row)\n"
    )
    assert "10 migrations applied" in said
    assert "None of these" in answer(pocketid, page, f"version,dirty\n{number},t\n")


def test_what_is_not_known_is_named_and_never_run(site: Site, page: Page) -> None:
    """A name of another project is said; markup in it is text."""
    said = answer(
        site, page, "<img src=x onerror=alert(1)>\n" + "\n".join(applied_at(site, "v1.0.0"))
    )
    assert (
        "Not migrations of this project, or not clear which:\n\n<img src=x onerror=alert(1)>"
        in said
    )
    assert page.locator("img[src=x]").count() == 0
    assert answer(site, page, "nothing of yours").startswith("None of these is a migration")
