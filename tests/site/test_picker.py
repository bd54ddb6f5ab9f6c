"""The upgrade picker, in a real browser, from files that nobody serves."""

from __future__ import annotations

import itertools
import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from migdocs.commands import upgrade
from migdocs.core import applying
from migdocs.core.documents import shapes
from migdocs.core.proof.evidence import Evidence
from migdocs.core.runner import Runner
from migdocs.core.site import picker
from migdocs.core.upgrade import guide, routes
from migdocs.core.upgrade import piece as upgrade_piece

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page
    from tests.site.conftest import Site

# The ways alone, without words: enough for all pairs of a big project.
ALL_PAIRS = """async (versions) => {
    const found = {};
    for (const from of versions) for (const to of versions) {
        const {reason, instead, hops, migrations, back, left} = await migdocs.compose(from, to);
        found[`${from} ${to}`] = [
            reason || "", instead, hops.map((hop) => [hop.from, hop.to, hop.required_by]),
            migrations, back.map((item) => item.migration), left,
        ];
    }
    return JSON.stringify(found);
}"""


def versions(site: Site) -> list[str]:
    """Name the releases that one can start from."""
    return [r.version for r in site.project.facts.history.releases if r.status != "planned"]


def as_json(value: dict[str, Any]) -> Any:
    """Give a value as a program reads it back."""
    return json.loads(json.dumps(value))


def test_gives_for_every_pair_what_the_command_gives(site: Site, page: Page) -> None:
    """The whole guide: stops, refusals, steps with every word, the way back, symptoms."""
    page.goto(site.url("database/upgrade"))
    page.wait_for_selector("#migdocs-from")
    pairs = list(itertools.product(versions(site), repeat=2))
    assert len(pairs) == 49
    for before, after in pairs:
        expected = as_json(upgrade.shape(upgrade.guide(site.project, before, after)))
        del expected["schema_version"]
        composed = page.evaluate("([from, to]) => migdocs.compose(from, to)", [before, after])
        assert composed == expected, f"{before} to {after}"


# Who applies → the tool: with a table that is written by hand, and with nothing known of it.
OTHERS = {
    "runner": Runner(
        name="migrate",
        status="migrate version",
        apply="migrate up",
        apply_to="",
        rollback_to="",
        rollback_one="migrate down 1",
        query="SELECT v FROM m",
        shows="SELECT EXISTS (SELECT 1 FROM m WHERE v = '{value}')",
        record="migrate force {value}",
        unrecord="migrate force {previous|-1}",
        unfinished="SELECT * FROM m WHERE dirty",
        dirty="is dirty",
    ),
    "application": Runner(
        name="tool", query="SELECT v FROM m", log="done", record="tool mark {id}"
    ),
    "image": Runner(),
    "migdocs": Runner(),
}


def timed(id_: str, number: int) -> Evidence | None:
    """Give what ``verify --rows`` measured of a migration; nothing of every fourth."""
    if number % 4 == 0:
        return None
    rows = {f"table_{n}": 1_000_000 for n in range(number)}
    return Evidence(
        id_,
        "",
        "",
        "15.18",
        applied=True,
        verdict="exact",
        measured={"up_ms": 950 * number**3},
        measured_rows=rows,
        measured_on="2 cores",
    )


@pytest.mark.parametrize("by", OTHERS)
def test_gives_the_steps_of_whoever_applies(site: Site, page: Page, by: str) -> None:
    """The same as the command, where a tool, the start or migdocs itself applies."""
    settings = replace(site.project.settings, applied_by=by)
    seen = [timed(entry.id, n) for n, entry in enumerate(site.project.facts.entries.values())]
    who = applying.applying(settings, OTHERS[by])
    facts = replace(
        site.project.facts,
        settings=settings,
        applying=who,
        runner=applying.commands(who, OTHERS[by]),
        runners={},
        recorded={id_: (id_[:8], "before") for id_ in site.project.facts.entries},
        evidence={item.migration: item for item in seen if item},
    )
    whole = picker.as_script("migdocsUpgrades", picker.data(facts, {}))
    page.route("**/data/upgrade.js", lambda route: route.fulfill(body=whole))
    parts = picker.shards(upgrade_piece.pieces(facts))
    shards = [picker.as_script("migdocsMigrations", n, part) for n, part in enumerate(parts)]
    page.route("**/data/migrations-0.js", lambda route: route.fulfill(body=shards[0]))
    page.goto(site.url("database/upgrade", "?from=v1.0.0&to=v2.0.0"))
    page.locator(".migdocs-result[data-whole]").wait_for()
    for before, after in (("v1.0.0", "v2.0.0"), ("v1.1.0", "v1.2.0"), ("v1.2.0", "v1.0.0")):
        expected = as_json(shapes.upgrade(guide.guide(facts, routes.route(facts, before, after))))
        composed = page.evaluate("([from, to]) => migdocs.compose(from, to)", [before, after])
        assert composed == expected, f"{before} to {after}"
    text = page.locator(".migdocs-result").text_content() or ""
    assert ("Starting v1.0.0 again undoes nothing" in text) == (by in {"application", "image"})
    # What was measured stands beside the step, and grows with the reader's own tables.
    assert "(PostgreSQL 15.18, 2 cores)" in text
    place = page.locator(".migdocs-steps [data-migdocs-times]").last
    assert place.text_content() == ""
    page.get_by_label("Rows in your largest table").fill("1000000000")
    assert re.fullmatch(r"On your size: about \d+ (minutes|hours)\.", place.text_content() or "")
    assert "on your size" in page.locator(".migdocs-size output").inner_text()


def test_gives_for_every_pair_of_a_real_project_what_the_command_gives(
    pocketid: Site, page: Page
) -> None:
    """A hundred and thirty releases, every way between them, refused ones included."""
    page.goto(pocketid.url("database/upgrade"))
    page.wait_for_selector("#migdocs-from")
    facts = pocketid.project.facts
    composed = json.loads(page.evaluate(ALL_PAIRS, versions(pocketid)))
    for before, after in itertools.product(versions(pocketid), repeat=2):
        way = routes.route(facts, before, after)
        assert composed[f"{before} {after}"] == [
            way.reason,
            way.instead,
            [[hop.before, hop.version, hop.required_by] for hop in way.hops],
            [entry.id for entry in way.entries],
            [entry.id for entry in way.undo],
            list(way.left),
        ], f"{before} to {after}"


def test_what_is_chosen_stands_in_the_address(site: Site, page: Page) -> None:
    """A link can be sent to a colleague, and back and forward lead where they should."""
    page.goto(site.url("database/upgrade"))
    page.get_by_label("From", exact=True).select_option("v1.0.0")
    page.get_by_label("To", exact=True).select_option("v1.1.0")
    page.get_by_role("button", name="Show the guide").click()
    page.get_by_role("heading", name="Upgrade v1.0.0 to v1.1.0").wait_for()
    assert page.url.endswith("?from=v1.0.0&to=v1.1.0")
    page.get_by_label("From", exact=True).select_option("v1.1.0")
    page.get_by_label("To", exact=True).select_option("v1.2.0")
    page.get_by_role("button", name="Show the guide").click()
    page.get_by_role("heading", name="Upgrade v1.1.0 to v1.2.0").wait_for()
    page.go_back()
    page.get_by_role("heading", name="Upgrade v1.0.0 to v1.1.0").wait_for()
    assert page.get_by_label("From", exact=True).input_value() == "v1.0.0"
    page.go_forward()
    page.get_by_role("heading", name="Upgrade v1.1.0 to v1.2.0").wait_for()


def test_offers_the_way_to_the_newest_release_first(site: Site, page: Page) -> None:
    """What is not released yet can be chosen, and is what nobody starts with."""
    page.goto(site.url("database/upgrade"))
    page.wait_for_selector("#migdocs-from")
    assert page.get_by_label("To", exact=True).input_value() == "v2.0.0"
    assert page.get_by_label("From", exact=True).input_value() == "v1.3.0"
    offered = page.get_by_label("To", exact=True).get_by_role("option").all_inner_texts()
    assert offered[0] == "Unreleased"


def test_many_releases_have_pages_to_the_next_and_to_the_newest(pocketid: Site, page: Page) -> None:
    """A reader without scripts finds a way from almost every release, and no empty cell."""
    page.goto(pocketid.url("database/upgrade"))
    row = page.get_by_role("row").filter(has_text="v2.6.0 to v2.14.0")
    assert "v2.6.1: no migrations" in row.inner_text()
    row.get_by_role("link").click()
    page.get_by_role("heading", name="Upgrade v2.6.0 to v2.14.0", level=1).wait_for()
    text = page.locator("article").inner_text()
    # The rollback of 20260607120000_oauth2_storage leaves a column of another type.
    assert "the version before cannot run on that" in text
    assert "restore the backup" in text


def test_an_address_opens_its_guide(site: Site, page: Page) -> None:
    """Without ``v``, too; a version that there is not is answered."""
    page.goto(site.url("database/upgrade", "?from=1.0.0&to=1.1.0"))
    page.get_by_role("heading", name="Upgrade v1.0.0 to v1.1.0").wait_for()
    page.goto(site.url("database/upgrade", "?from=9.9&to=1.1.0"))
    page.get_by_text("'9.9' is not a version of this project").wait_for()
    page.goto(site.url("database/upgrade", "?from=constructor&to=__proto__"))
    page.get_by_text("'constructor' is not a version of this project").wait_for()
    planned = next(r for r in site.project.facts.history.releases if r.status == "planned")
    page.goto(site.url("database/upgrade", f"?from=v2.0.0&to={planned.version}"))
    page.locator("#migdocs-title").wait_for()
    assert page.get_by_label("To", exact=True).input_value() != ""


@pytest.mark.parametrize("before", ["", "1.10", "v1.2.1", "v1.1,1", "2.0.0.1", "v2.0,0", "v1."])
def test_says_which_version_may_be_meant(site: Site, page: Page, before: str) -> None:
    """Of an empty or mistyped one, in the command's own words."""
    guide = upgrade.guide(site.project, before, "v1.1.0")
    assert guide.instead.startswith("Did you mean")
    page.goto(site.url("database/upgrade", f"?from={before}&to=v1.1.0"))
    page.get_by_text(guide.instead, exact=True).wait_for()
    page.get_by_text(f"Refused: {guide.reason}.").wait_for()


def test_the_first_sentence_answers(site: Site, page: Page) -> None:
    """How much, for how many the application stops, how long, until when it can be undone."""
    page.goto(site.url("database/upgrade", "?from=v1.0.0&to=v2.0.0"))
    said = page.locator(".migdocs-summary").inner_text()
    assert said.startswith("3 migrations, 1 to be run with the application stopped,")
    step = re.search(r"can be undone until step (\d+)\.$", said)
    assert step
    page.locator(".migdocs-result[data-whole]").wait_for()
    steps = page.locator(".migdocs-steps > li")
    assert steps.nth(int(step[1]) - 1).get_attribute("class") == "migdocs-no-return"
    # What is to be typed is code, and has no marks around it.
    typed = page.locator(".migdocs-said code").filter(has_text="pg_dump").text_content() or ""
    assert typed.startswith("pg_dump --format=custom")
    assert "`TTL`" not in (page.locator(".migdocs-result").text_content() or "")


def test_a_downgrade_is_headed_as_a_rollback(site: Site, page: Page) -> None:
    """It leads back, and is not called an upgrade."""
    page.goto(site.url("database/upgrade", "?from=v1.1.0&to=v1.0.0"))
    page.get_by_role("heading", name="Roll back v1.1.0 to v1.0.0").wait_for()


def test_what_gets_the_focus_is_seen(site: Site, page: Page) -> None:
    """The header that stays hides neither the guide's heading nor a release that is led to."""
    page.set_viewport_size({"width": 1280, "height": 400})
    page.goto(site.url("database/upgrade"))
    page.get_by_role("button", name="Show the guide").click()
    page.locator(".migdocs-result[data-whole]").wait_for()
    heading = page.locator("#migdocs-title").bounding_box()
    header = page.locator("header.md-header").bounding_box()
    assert heading
    assert header
    assert heading["y"] >= header["y"] + header["height"]


def test_works_by_keyboard_and_tells_a_screen_reader(site: Site, page: Page) -> None:
    """Tab, arrow, Enter; focus goes to the guide and a live region says what it is."""
    page.goto(site.url("database/upgrade"))
    page.get_by_label("From", exact=True).focus()
    page.keyboard.press("End")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Upgrade v1.0.0 to v2.0.0").wait_for()
    assert page.evaluate("document.activeElement.matches('.migdocs-result')")
    live = page.locator("[data-migdocs=upgrade] [aria-live=polite]").inner_text()
    said = r"v1\.0\.0 to v2\.0\.0: 3 migrations, [1-9] breaking changes?\."
    assert re.fullmatch(said, live)


def test_ticks_are_remembered_until_the_page_says_something_else(
    site: Site, context: BrowserContext
) -> None:
    """Each pair has its own; a changed page opens every box and says so."""
    address = site.url("database/upgrade", "?from=v1.0.0&to=v1.1.0")
    page = context.new_page()
    page.goto(address)
    page.get_by_label("Back up the database").check()
    page.goto(address)
    assert page.get_by_label("Back up the database").is_checked()
    page.goto(site.url("database/upgrade", "?from=v1.1.0&to=v1.2.0"))
    assert not page.get_by_label("Back up the database").is_checked()
    page.evaluate(
        """() => {
            const name = Object.keys(localStorage).find((key) => key.endsWith("v1.0.0:v1.1.0"));
            localStorage.setItem(name, JSON.stringify({hash: "older", done: ["step-2"]}));
        }"""
    )
    page.goto(address)
    assert not page.get_by_label("Back up the database").is_checked()
    assert "has changed" in page.get_by_role("alert").inner_text()


def test_a_command_is_copied(site: Site, context: BrowserContext) -> None:
    """One press, and it is on the clipboard."""
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(site.url("database/upgrade", "?from=v1.0.0&to=v1.1.0"))
    page.get_by_role("button", name="Copy: migdocs apply --to v1.1.0").click()
    page.get_by_text("Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == "migdocs apply --to v1.1.0"


def test_paper_shows_everything(site: Site, page: Page) -> None:
    """What is folded on the screen is open in print, and buttons are gone."""
    page.goto(site.url("database/upgrade", "?from=v1.0.0&to=v1.1.0"))
    folded = page.locator(".migdocs-result details pre").first
    assert not folded.is_visible()
    page.emulate_media(media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert folded.is_visible()
    assert not page.get_by_role("button", name="Print").is_visible()
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="screen")
    assert not folded.is_visible()


@pytest.mark.parametrize("paper", [(680, "A4"), (703, "Letter")])
def test_nothing_is_cut_off_on_paper(site: Site, page: Page, paper: tuple[int, str]) -> None:
    """Between margins of 15 mm the whole guide fits, on either paper."""
    width, form = paper
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(site.url("database/upgrade", "?from=v1.0.0&to=v2.0.0"))
    page.locator(".migdocs-result[data-whole]").wait_for()
    page.emulate_media(media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    cut = page.evaluate(
        "width => [...document.querySelectorAll('.migdocs-result *')]"
        ".filter(e => e.getBoundingClientRect().right > width).map(e => e.outerHTML)",
        width,
    )
    assert cut == []
    image = "getComputedStyle(document.querySelector('article img')).colorScheme"
    page.evaluate("document.querySelector('article').append(document.createElement('img'))")
    page.evaluate("document.body.setAttribute('data-md-color-scheme', 'slate')")
    assert page.evaluate(image) == "light only"
    page.evaluate("document.body.setAttribute('data-md-color-scheme', 'default')")
    assert not page.get_by_text("Which migrations has my database not run?").is_visible()
    assert page.pdf(format=form).startswith(b"%PDF")


def test_without_scripts_there_is_a_table_of_pages(site: Site, page: Page) -> None:
    """Every pair that is written beforehand is a link; the browser runs no script at all."""
    browser = page.context.browser
    assert browser
    silent = browser.new_context(java_script_enabled=False)
    tab = silent.new_page()
    tab.goto(site.url("database/upgrade"))
    links = tab.get_by_role("table").get_by_role("link")
    address = links.filter(has_text="v1.0.0 to v1.1.0").evaluate("link => link.href")
    tab.goto(f"{address}index.html")  # a server finds it by itself
    assert "Upgrade v1.0.0 to v1.1.0" in tab.get_by_role("heading", level=1).inner_text()
    tab.emulate_media(media="print")
    assert tab.locator("article ol > li .migdocs-box:visible").count() > 3
    silent.close()


@pytest.mark.parametrize("query", ["", "?from=v1.0.0&to=v2.0.0"])
def test_hostile_text_is_text(site: Site, page: Page, query: str) -> None:
    """Nothing in notes, commits or SQL is run, swallowed or filled in."""
    alerts: list[str] = []
    page.on("dialog", lambda dialog: (alerts.append(dialog.message), dialog.dismiss()))
    page.goto(site.url("database/upgrade", query))
    page.wait_for_selector("#migdocs-from")
    if query:
        page.get_by_role("heading", name="Steps").wait_for()
        assert page.locator(".migdocs-result").get_by_text("</script><img src=x").count() > 3
    assert page.locator("img[src=x]").count() == 0
    assert not alerts


def test_two_hundred_releases_answer_without_a_wait(pocketid: Site, page: Page) -> None:
    """From asking to shown in under a tenth of a second, with more than a hundred releases."""
    page.goto(pocketid.url("database/upgrade"))
    page.wait_for_selector("#migdocs-from")
    first, last = versions(pocketid)[0], pocketid.project.facts.released()[-1].version
    took = page.evaluate(
        """async ([from, to]) => {
            await migdocs.compose(from, to);
            const start = performance.now();
            await migdocs.compose(from, to);
            return performance.now() - start;
        }""",
        [first, last],
    )
    assert took < 100
