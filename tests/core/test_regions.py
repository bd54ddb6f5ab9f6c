"""Regions: what is ours is replaced, and every other byte survives."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from migdocs.core.errors import InputError, MigdocsError, SeveralErrors
from migdocs.core.markup import regions

BEGIN, END = "<!-- migdocs:begin log -->", "<!-- migdocs:end log -->"


def test_a_region_is_replaced_and_nothing_else() -> None:
    """Before and after stay as they are, trailing spaces and all."""
    text = f"mine  \n{BEGIN}\nold\n\nold\n{END}\nmine too"
    new = regions.replace(text, "log", "\nnew\n\n", "LOG.md")
    assert new == f"mine  \n{BEGIN}\nnew\n{END}\nmine too"
    assert regions.replace(text, "upgrade", "new", "LOG.md") is None


def test_several_regions_stand_in_one_file() -> None:
    """Each is found by its name, with the line of its opening mark."""
    text = f"{regions.wrap('log', 'a')}\n{regions.wrap('flow', 'b')}"
    assert [(r.name, r.line, text[r.start : r.end]) for r in regions.find(text, "x")] == [
        ("log", 1, "a\n"),
        ("flow", 5, "b\n"),
    ]
    assert regions.replace(text, "flow", "c", "x") == text.replace("b\n", "c\n")


def test_the_files_own_line_ends_are_used() -> None:
    """A file of CRLF stays one, though templates have none."""
    text = f"# Mine\r\n{BEGIN}\r\nold\r\n{END}\r\n"
    assert regions.replace(text, "log", "a\nb\n", "x") == text.replace("old", "a\r\nb")
    adopted = regions.adopt("# Mine\r\n", "log", "a\nb")
    appended = regions.append("# Mine\r\n", "log", "a\nb")
    assert "\n" not in (adopted + appended).replace("\r\n", "")


ADOPTED = {
    "plain": ("# Mine\n", "", "# Mine\n"),
    "empty": ("", "", ""),
    "no line end": ("Mine", "", "Mine"),
    "a byte-order mark": ("\ufeff# Mine\n", "\ufeff", "# Mine\n"),
    "front matter": ("---\na: 1\n---\n# Mine\n", "---\na: 1\n---\n", "# Mine\n"),
    "both": ("\ufeff---\na: 1\n...\nMine\n", "\ufeff---\na: 1\n...\n", "Mine\n"),
    "front matter alone": ("---\na: 1\n---", "---\na: 1\n---\n", ""),
    "front matter of CRLF": ("---\r\na: 1\r\n---\r\nMine", "---\r\na: 1\r\n---\r\n", "Mine"),
    "a rule": ("---\n\nMine\n\n---\n", "", "---\n\nMine\n\n---\n"),
}


@pytest.mark.parametrize(("text", "above", "below"), ADOPTED.values(), ids=ADOPTED)
def test_adopting_puts_the_region_first(text: str, above: str, below: str) -> None:
    """Only what means something at the top alone stays above it; the next run finds the region."""
    end = "\r\n" if "\r\n" in text else "\n"
    adopted = regions.adopt(text, "log", "new")
    assert adopted == above + (regions.wrap("log", "new") + "\n").replace("\n", end) + below
    assert regions.replace(adopted, "log", "new", "x") == adopted


def test_appending_puts_the_region_last() -> None:
    """With a blank line between, whatever the file ended with."""
    region = regions.wrap("readme", "")
    assert regions.append("# Mine\n", "readme", "") == f"# Mine\n\n{region}"
    assert regions.append("# Mine", "readme", "") == f"# Mine\n\n{region}"
    assert regions.append("", "readme", "") == f"\n{region}"


def test_outside_is_what_the_user_wrote_line_for_line() -> None:
    """Findings about it have the right line."""
    text = f"a\n{BEGIN}\nours\nours\n{END}\nb\n"
    assert regions.outside(text, "x") == "a\n\n\n\n\nb\n"


def test_an_example_in_a_fence_is_no_region() -> None:
    """Documentation of migdocs shows its marks; a fence that is broken inside hides none."""
    fenced = f"```md\n{BEGIN}\n{END}\n```\n"
    assert regions.find(fenced, "x") == ()
    text = f"{fenced}{BEGIN}\n```\nnot closed\n{END}\n{fenced}"
    assert [region.line for region in regions.find(text, "x")] == [5]


def test_a_mark_must_stand_alone_on_its_line() -> None:
    """Words that mention it are the user's; space around it is nobody's."""
    assert regions.find(f"`{BEGIN}` opens\n{BEGIN} and more\n", "x") == ()
    assert len(regions.find(f"  {BEGIN}  \n\t<!--migdocs:end  log-->", "x")) == 1


BROKEN = {
    "opened twice": (f"{BEGIN}\n{END}\n\n{BEGIN}\n{END}\n", ["4: 'log' is opened a second"]),
    "opened in itself": (f"{BEGIN}\n{BEGIN}\n{END}\n", ["2: 'log' is opened a second"]),
    "never closed": (f"a\n{BEGIN}\nb\n", ["2: 'log' is never closed"]),
    "never opened": (f"a\n{END}\n", ["2: 'log' ends here but was not opened"]),
    "crossed": (
        f"{BEGIN}\n<!-- migdocs:begin flow -->\n{END}\n<!-- migdocs:end flow -->\n",
        ["1: 'log' is never closed", "3: 'log' ends here but was not opened"],
    ),
    "two that are open": (
        f"{BEGIN}\n<!-- migdocs:begin flow -->\n",
        ["1: 'log' is never closed", "2: 'flow' is never closed"],
    ),
}


@pytest.mark.parametrize(("text", "expected"), BROKEN.values(), ids=BROKEN)
def test_broken_regions_are_told_together(text: str, expected: list[str]) -> None:
    """Each with its line and what to do; nothing can be written to such a file."""
    with pytest.raises(MigdocsError) as caught:
        regions.find(text, "LOG.md")
    raised = caught.value
    errors = raised.errors if isinstance(raised, SeveralErrors) else (raised,)
    for error, said in zip(errors, expected, strict=True):
        assert (error.path, error.exit_code) == ("LOG.md", 2)
        assert f"{error.line}: {error.message.removeprefix('region ')}".startswith(said)
        assert "needs one '<!-- migdocs:end NAME -->'" in error.hint


FORGED = ("<!-- migdocs:end log -->", "<!--migdocs:begin x-->", "\t<!--  \tmigdocs:end log -->")


@pytest.mark.parametrize("mark", FORGED)
def test_a_body_cannot_end_its_region(mark: str) -> None:
    """A query in somebody's notes may hold our mark: it is shown, and does nothing."""
    text = regions.wrap("log", f"a\n{mark}\nb")
    (region,) = regions.find(text, "x")
    assert text[region.end :] == f"{END}\n"
    assert "migdocs:" in text[region.start : region.end]


# --- for any text ---------------------------------------------------------------------------------

LINES = st.sampled_from(
    [
        BEGIN, END, "<!-- migdocs:begin flow -->", "<!-- migdocs:end flow -->", "  " + BEGIN + " ",
        "```", "~~~~", "````sql", "    ```", "---", "a: 1", "# Heading", "", "words", "\ufeff",
        "\ufeff" + BEGIN, "\x0c", "\u2028", "<!--", "-->", "a\rb",
    ]
)  # fmt: skip
ENDS = st.sampled_from(["\n", "\r\n"])
TEXTS = st.builds(
    lambda lines, ends, last: "".join(map("".join, zip(lines, ends, strict=False))) + last,
    st.lists(LINES, max_size=12),
    st.lists(ENDS, min_size=12, max_size=12),
    st.sampled_from(["", "words", BEGIN, END, "---"]),
)
FREE = TEXTS.filter(lambda text: "migdocs:" not in text)


def without_insides(text: str) -> str:
    """Cut out what is inside the regions of a text."""
    for region in reversed(regions.find(text, "x")):
        text = text[: region.start] + text[region.end :]
    return text


@given(TEXTS, st.one_of(TEXTS, st.text()))
@settings(max_examples=100, deadline=None)
def test_whatever_stands_in_a_file_survives(text: str, body: str) -> None:
    """Any text either has a broken region, which is said, or keeps every byte outside."""
    try:
        outside = without_insides(text)
    except MigdocsError:
        with pytest.raises((InputError, SeveralErrors)):
            regions.replace(text, "log", body, "x")
        return
    new = regions.replace(text, "log", body, "x")
    if new is None:
        assert "log" not in {region.name for region in regions.find(text, "x")}
    else:
        assert without_insides(new) == outside
        assert regions.replace(new, "log", body, "x") == new, "a second run changes nothing"


@given(FREE, st.one_of(TEXTS, st.text()))
@example("\ufeff---\na: 1\n---", "new")
@settings(max_examples=100, deadline=None)
def test_adopting_keeps_every_byte(text: str, body: str) -> None:
    """The old text follows the region whole, but for what had to stay above it."""
    adopted = regions.adopt(text, "log", body)
    (region,) = regions.find(adopted, "x")
    first = adopted.index(BEGIN)
    kept = adopted[:first] + adopted[region.end :].lstrip(" ").removeprefix(END)
    assert kept.replace("\r", "").replace("\n", "") == text.replace("\r", "").replace("\n", "")
    assert adopted.endswith(text[len(adopted[:first]) :])
    assert regions.replace(adopted, "log", body, "x") == adopted
