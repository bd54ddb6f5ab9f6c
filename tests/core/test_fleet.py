"""A fleet's jobs hold no URL and nothing that a shell or a scheduler reads; its report says all."""

from __future__ import annotations

import json
import shlex

import pytest
import yaml

from migdocs.core import fleet
from migdocs.core.errors import MigdocsError
from migdocs.core.event import Event
from migdocs.core.fleet import jobs, report
from migdocs.core.ledger import Outline

TOML = """
to = "v1.2.0"
image = "registry.example/app-migrate:1.2.0"

[[databases]]
name = "eu-1"
secret = "EU_1_URL"

[[databases]]
name = "us-1"
secret = "US_1_URL"
"""
FLEET = fleet.read(TOML, "fleet.toml")
MIGRATIONS = [Outline("1", "sha256:a", False), Outline("2", "sha256:b", False)]  # noqa: FBT003


def event(migration: str, outcome: str = "succeeded", took: int = 5) -> Event:
    """Give a row of a ledger."""
    at = f"2026-03-0{migration}T02:00:00.000000Z"
    hashed = "sha256:a" if migration == "1" else "sha256:b"
    return Event(migration, "apply", outcome, at, took, script_hash=hashed)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("to = [", "not TOML"),
        ("to = 'v1'", "there is no [[databases]]"),
        ("[[databases]]\nname = 'a; rm -rf /'\nsecret = 'A'", "'databases[1].name' is"),
        (
            "[[databases]]\nname = 'a'\nsecret = 'postgresql://u:hunter2@h/d'",
            "'databases[1].secret'",
        ),
        ("[[databases]]\nname = 'a'", "'databases[1].secret' is missing"),
        (
            "[[databases]]\nname='a'\nsecret='A'\n[[databases]]\nname='a'\nsecret='B'",
            "of 2 databases",
        ),
        ("to = '$(reboot)'\n[[databases]]\nname = 'a'\nsecret = 'A'", "'to' is"),
        ("history = '../x'\n[[databases]]\nname = 'a'\nsecret = 'A'", "'history' is"),
        ("colour = 1\n[[databases]]\nname = 'a'\nsecret = 'A'", "'colour' is not known here"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_place(text: str, said: str) -> None:
    """A name becomes part of commands and files; a URL, with its password, is never printed."""
    with pytest.raises(MigdocsError) as caught:
        fleet.read(text, "fleet.toml")
    shown = str(caught.value) + "".join(map(str, getattr(caught.value, "errors", ())))
    assert said in shown
    assert "hunter2" not in shown


def test_kubernetes_gets_a_job_a_database() -> None:
    """Another version is another job; the URL comes from a secret."""
    found = list(yaml.safe_load_all(jobs.kubernetes(FLEET)))
    assert [job["metadata"]["name"] for job in found] == [
        "migrate-eu-1-v1-2-0",
        "migrate-us-1-v1-2-0",
    ]
    (container,) = found[0]["spec"]["template"]["spec"]["containers"]
    assert container["command"] == ["migdocs", "apply", "--yes", "--to", "v1.2.0"]
    assert container["env"] == [
        {"name": "DATABASE_URL", "valueFrom": {"secretKeyRef": {"name": "eu-1-url", "key": "url"}}}
    ]


def test_github_gets_a_matrix() -> None:
    """An entry a database, with the name of its secret."""
    matrix = json.loads(jobs.github(FLEET))
    assert matrix["include"] == [
        {"name": "eu-1", "secret": "EU_1_URL"},
        {"name": "us-1", "secret": "US_1_URL"},
    ]


def test_parallel_gets_a_line_a_database() -> None:
    """A variable that is not set stops the line, and never means the default database."""
    first, second = jobs.parallel(FLEET).splitlines()
    assert first == (
        'DATABASE_URL="${EU_1_URL:?is not set}" migdocs apply --yes --to v1.2.0 # eu-1'
    )
    assert shlex.split(second, comments=True)[1:] == ["migdocs", "apply", "--yes", "--to", "v1.2.0"]


def test_ansible_gets_an_inventory() -> None:
    """A host a database, run from where Ansible runs."""
    found = yaml.safe_load(jobs.ansible(FLEET))["databases"]
    assert set(found["hosts"]) == {"eu-1", "us-1"}
    assert found["vars"]["ansible_connection"] == "local"


def test_a_database_that_exported_nothing_is_not_known() -> None:
    """It is not counted as good, nor as being on any version."""
    found = report.report(FLEET, MIGRATIONS, {"eu-1": [event("1"), event("2", took=70)]})
    assert [(one.name, one.outcome) for one in found.standings] == [
        ("eu-1", "up to date"),
        ("us-1", "not known"),
    ]
    assert found.groups == {"2": ("eu-1",)}
    assert not found.good
    assert "us-1 | not known: it exported no ledger" in report.markdown(found)
    assert found.shape()["databases"][1]["pending"] is None


def test_who_failed_who_is_behind_and_what_was_slow() -> None:
    """The report names each, and exports of databases that the fleet does not have."""
    exports = {
        "eu-1": [event("1", took=9), event("2", "failed")],
        "us-1": [event("1", took=120)],
        "old": [event("1")],
    }
    found = report.report(FLEET, MIGRATIONS, exports)
    assert [one.outcome for one in found.standings] == ["failed", "pending"]
    assert found.slowest == (("us-1", "1", 120), ("eu-1", "1", 9))
    assert found.strangers == ("old",)
    assert report.text(found).splitlines() == [
        "failed      eu-1: 2",
        "pending     us-1: 2",
        "    2 at 1",
        "slowest: 1 in us-1, 120 ms",
        "exported, but not in the fleet: old",
    ]
