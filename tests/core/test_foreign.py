"""YAML, JSON and TOML of strangers: values as other tools read them, or an error with its line."""

from __future__ import annotations

import time

import pytest

from migdocs.core import foreign
from migdocs.core.errors import InputError

BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 10)}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)
MERGES = "a: &a {x: 1}\n" + "".join(
    f"{new}: &{new}\n  <<: [{', '.join([f'*{old}'] * 10)}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)
CHAIN = "a0: &a0 [x]\n" + "".join(f"a{n + 1}: &a{n + 1} [*a{n}]\n" for n in range(500))
REFUSED = {
    "brackets": ("x:\n- " + "[" * 50_000, 2, "is not YAML: "),
    "lists": ("- " * 50_000, 1, "is not YAML: "),
    "indented": ("".join(" " * n + "a:\n" for n in range(200)), 101, "nested too deeply"),
    "many names of one list": (BOMB, 6, "more than 400,000 values"),
    "many merges": (MERGES, 13, "more than 400,000 values"),
    "a chain of names": (CHAIN, 100, "nested too deeply"),
    "a list in itself": ("a: &a [*a]", 1, "'*a' names nothing"),
    "a tag": ("a: 1\nsql: !include x.sql", 2, "the tag '!include' is not known"),
    "a program": ("a: !!python/object/apply:os.system [id]", 1, "is not known"),
    "a list for a name": ("? [a]\n: b", 1, "a list cannot be a name"),
    "a merge of a word": ("<<: word", 1, "is not YAML: "),
    "two documents": ("a: 1\n---\nb: 2", 2, "a second document"),
    "a control character": ("é: 1\nb: \x01", 2, "control characters are not allowed"),
    "half a letter": ("a: \ud800", 1, "half of a surrogate pair"),
    "too long": ("# " + "x" * foreign.LARGEST, 0, "at most 4 MB are read"),
}


@pytest.mark.parametrize(("text", "line", "says"), REFUSED.values(), ids=REFUSED)
def test_what_nobody_means_is_refused(text: str, line: int, says: str) -> None:
    """With its line, soon."""
    begun = time.process_time()
    with pytest.raises(InputError) as caught:
        foreign.read(text, "x.yaml", "write less.")
    assert says in caught.value.message
    assert (caught.value.path, caught.value.line, caught.value.hint) == (
        "x.yaml",
        line,
        "write less.",
    )
    assert time.process_time() - begun < 5


VALUES = {
    "1": 1,
    "0x1F": 31,
    "'1'": "1",
    "1.50": 1.5,
    "yes": True,
    "~": None,
    "": None,
    "9" * 5000: "9" * 5000,
    "1:" * 40 + "1": "1:" * 40 + "1",
    "2026-02-31": "2026-02-31",
    "!!timestamp x": "x",
    "!!int ''": "",
    "!!bool x": "x",
    "!!binary x": "x",
    "[1, [], {}]": [1, [], {}],
    "{1: a, yes: b, null: c}": {"1": "a", "yes": "b", "null": "c"},
    "{a: &a {x: 1}, b: {<<: *a, y: 2}}": {"a": {"x": 1}, "b": {"x": 1, "y": 2}},
    "[&a x, *a]": ["x", "x"],
}


def test_deep_json_is_refused() -> None:
    """Whatever Python itself reads."""
    with pytest.raises(InputError, match="is nested too deeply"):
        foreign.read("[" * 200 + "]" * 200, "x.json")
    assert foreign.read('{"a": [{}]}', "x.json") == {"a": [{}]}


@pytest.mark.parametrize("text", VALUES)
def test_values_are_data(text: str) -> None:
    """Names are as they were typed; what is no number after all is a text."""
    assert foreign.read(text, "x.yml") == VALUES[text]


def test_a_tag_may_be_passed_over() -> None:
    """MkDocs names Python's functions so."""
    text = "a: !ENV X\nb: !!python/name:os.system\nc: [!x {y: 1}, 2]"
    assert foreign.read(text, "mkdocs.yml", tags=True) == {"a": None, "b": None, "c": [None, 2]}


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("a = 1\nb = " + "[" * 50_000, 0, "is nested too deeply"),
        (f"a = 1\nb = {'9' * 5000}", 2, "not TOML: Exceeds the limit"),
        ("a = 1\na = 2", 2, "not TOML: Cannot overwrite"),
        ("a = 2026-02-31", 1, "not TOML: Invalid date"),
        ("a = [\n", 2, "not TOML: "),
    ],
)
def test_toml_is_refused_with_its_line(text: str, line: int, says: str) -> None:
    """As far as Python tells it."""
    with pytest.raises(InputError) as caught:
        foreign.toml(text, "x.toml")
    assert (caught.value.path, caught.value.line) == ("x.toml", line)
    assert caught.value.message.startswith(says)
