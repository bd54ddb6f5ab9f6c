"""Many databases of one kind (shards, tenants, regions): their names, and how each one stands.

migdocs is no scheduler. It writes one job for each database, in the form that a real scheduler
takes (``jobs``), and reads the ledgers that the databases exported into one report (``report``).
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from migdocs.core import foreign
from migdocs.core.errors import UsageError, raise_all

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# Names go into host names, file names and shell words: letters that mean nothing in any of them.
NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,50}[a-z0-9])?")
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,255}")


class Member(Struct, frozen=True):
    """One database of a fleet.

    Attributes:
        name: for jobs and reports.
        secret: the variable, or the secret of the scheduler, that holds its URL.
    """

    name: str
    secret: str


class Fleet(Struct, frozen=True):
    """The databases of one kind.

    Attributes:
        members: in the order of the file.
        to: the version to apply up to; empty for everything.
        image: the container image that has the project and migdocs in it.
        history: the folder of exported ledgers, ``NAME.jsonl`` each, from the project's root.
    """

    members: tuple[Member, ...]
    to: str = ""
    image: str = ""
    history: str = "fleet"


def read(text: str, path: str) -> Fleet:
    """Give the fleet that a TOML document lists.

    Raises:
        UsageError: it is no TOML, a name is unknown or cannot be used; all of a kind in one run.
    """
    data = foreign.toml(text, path)
    errors = [UsageError(problem, path=path, hint=hint) for problem, hint in _problems(data)]
    raise_all(errors)
    found = {name: data[name] for name in ("to", "image", "history") if name in data}
    return Fleet(tuple(Member(one["name"], one["secret"]) for one in data["databases"]), **found)


def _problems(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with a document, and what to do about it."""
    for name in data.keys() - {"to", "image", "history", "databases"}:
        yield f"'{name}' is not known here", "known: to, image, history, [[databases]]."
    for name in ("to", "image", "history"):
        value = data.get(name, "x")
        if not isinstance(value, str) or not WORD.fullmatch(value) or ".." in value:
            yield f"'{name}' is {value!r}", 'write one word in quotes: "…".'
    databases = data.get("databases")
    if not isinstance(databases, list) or not databases:
        yield "there is no [[databases]]", 'each has name = "…" and secret = "…".'
        return
    for number, one in enumerate(databases, start=1):
        yield from _member_problems(one if isinstance(one, dict) else {}, number)
    names = Counter(one.get("name") for one in databases if isinstance(one, dict))
    for name in (name for name, count in names.items() if name is not None and count > 1):
        yield f"'{name}' is the name of {names[name]} databases", "give each its own."


def _member_problems(one: Mapping[str, Any], number: int) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with one database's table."""
    place = f"databases[{number}]"
    for name in one.keys() - {"name", "secret"}:
        yield f"'{place}.{name}' is not known here", "known: name, secret."
    for key, shape, hint in (
        ("name", NAME, "lower-case letters, digits and dashes, 52 at most."),
        ("secret", VARIABLE, "the variable that holds the database's URL, not the URL itself."),
    ):
        value = one.get(key)
        if not isinstance(value, str) or not shape.fullmatch(value):
            shown = "missing" if value is None else "not a name" if key == "secret" else repr(value)
            yield f"'{place}.{key}' is {shown}", hint
