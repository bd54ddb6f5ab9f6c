"""Find where a statement ends: what can hide a semicolon, and what goes with the statement."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from migdocs.core.sql.script import Kind, Splitter

# What can hide a semicolon, or end a statement; all else is skipped. Every branch begins with one
# character, which lets the engine leap to the next candidate; what must stand before it is seen by
# looking back. PostgreSQL's identifiers take any letter outside ASCII, and its white space none;
# such sets are written by the ASCII that is not in them, which compiles sixteen times as fast.
SPECIAL = re.compile(
    r"""
      (?P<end>;)
    | '(?:(?<=[\x00-#%-/:-@\[-^`{-\x7f][eE]')(?:[^'\\]|\\.|''|(?!))*+'
        | [^']*')                         # a doubled quote reads as two strings side by side
    | "[^"]*"
    | (?P<comment>--[^\n\r]*)
    | (?P<block>/\*)
    | (?P<dollar>\$(?<![^\x00-#%-/:-@\[-^`{-\x7f]\$)
        (?:[^\x00-@\[-^`{-\x7f][^\x00-/:-@\[-^`{-\x7f]*)?\$)
    | ::|:=
    | (?P<variable>:(?:[A-Za-z_]\w*|'\w+'|"\w+"|\{\?\w+\}))
    | (?P<command>\\)
    """,
    re.VERBOSE | re.DOTALL | re.ASCII,
)
# Most statements hold nothing of all that but plain quotes, and end their line: they are read in
# one leap. Those that may hold semicolons of their own, or rows below them, never are.
PLAIN = re.compile(
    r"""
    (?!(?i:copy\b|create\s+(?:or\s+replace\s+)?(?:function|procedure|rule)\b))
    (?P<body>(?:[^;'"$\\:/-]++ | '[^'\\]*+' | "[^"]*+" | :: | -(?!-) | /(?!\*) | (?!))*+)
    ;(?P<rest>[ \t\r]*(?:\n|\Z))
    """,
    re.VERBOSE,
)
REST_OF_LINE = re.compile(r"[ \t\f\v\r]*(?:--[^\n\r]*\r?)?(?:\n|\Z)")
META_COMMAND = re.compile(r"\\(?:;|[^\n]*)")
COPY_IN = re.compile(r"copy\b.*\bfrom\s+stdin\b", re.IGNORECASE | re.DOTALL)
COPY_END = re.compile(r"^\\\.[ \t\r]*(?:\n|\Z)", re.MULTILINE)

# Two statements hold semicolons of their own: a rule in parentheses, a routine in BEGIN ATOMIC.
RULE = re.compile(r"create\s+(?:or\s+replace\s+)?rule\b", re.IGNORECASE)
ROUTINE = re.compile(r"create\s+(?:or\s+replace\s+)?(?:function|procedure)\b", re.IGNORECASE)
QUOTED = r"""'[^']*'|"[^"]*"|--[^\n\r]*|/\*.*?(?:\*/|\Z)"""
RULE_EDGE = re.compile(rf"{QUOTED}|(?P<opens>\()|(?P<closes>\))", re.DOTALL)
ROUTINE_EDGE = re.compile(
    # Behind a dot or AS these words are names.
    rf"{QUOTED}|\.\s*\w+|\bas\s+\w+|\b(?:(?P<opens>begin\s+atomic|case)|(?P<closes>end))\b",
    re.DOTALL | re.IGNORECASE,
)
ATOMIC = re.compile(r"\bbegin\s+atomic\b", re.IGNORECASE)
# What PostgreSQL takes for white space (scan.l: space); Python would strip more.
SPACE = " \t\n\r\f\v"


class Extent:
    """Find where the statement that begins at ``begin`` ends, and what stands in it.

    Attributes:
        end: where its text ends, at the latest.
        after: where the next statement's source begins.
    """

    __slots__ = (
        "after",
        "begin",
        "body_passed",
        "comments",
        "data",
        "end",
        "kind",
        "splitter",
        "text",
        "variables",
    )

    def __init__(self, splitter: Splitter, begin: int) -> None:
        self.splitter = splitter
        self.text = splitter.text
        self.begin = begin
        self.end = self.after = -1
        self.kind: Kind = "sql"
        self.data: str | None = None
        self.comments: list[tuple[int, int]] = []
        self.variables: list[tuple[int, str]] = []
        self.body_passed = False
        self.find()

    def find(self) -> None:
        """Read on until something ends the statement, or the text does."""
        plain = PLAIN.match(self.text, self.begin)
        if plain:
            self.end, self.after = plain.end("body"), plain.end()
            return
        position = self.begin
        if self.text[position] == "\\":
            self.meta_command()
        while self.end < 0 and (special := SPECIAL.search(self.text, position)):
            handle = HANDLERS.get(special.lastgroup or "")
            position = handle(self, special) if handle else special.end()
        if self.end < 0:
            self.end = self.after = len(self.text)

    def text_end(self) -> int:
        """Give where the statement's last word ends, before the comments that follow it."""
        end = self.begin + len(self.text[self.begin : self.end].rstrip(SPACE))
        while self.comments and end == self.comments[-1][1]:
            start, _ = self.comments.pop()
            end = self.begin + len(self.text[self.begin : start].rstrip(SPACE))
        return end

    def meta_command(self) -> None:
        """Take a psql command: it ends with its line."""
        command = META_COMMAND.match(self.text, self.begin)
        self.kind = "psql"
        self.end = command.end() if command else self.begin + 1
        self.after = self.end_of_line(self.end)

    def end_of_line(self, position: int) -> int:
        """Give where the next line begins, if nothing but a comment stands before it."""
        rest = REST_OF_LINE.match(self.text, position)
        return rest.end() if rest else position

    def on_end(self, special: re.Match[str]) -> int:
        """Take a semicolon: it ends the statement, unless it stands in a body of its own."""
        body = None if self.body_passed else self.end_of_body(special.start())
        if body:
            self.body_passed = True
            return body
        self.end = special.start()
        self.after = self.end_of_line(special.end())
        if COPY_IN.match(self.text, self.begin, self.end):
            self.copy_data()
        return special.end()

    def end_of_body(self, semicolon: int) -> int | None:
        """Give where the body ends that the semicolon stands in; None where it stands in none."""
        if RULE.match(self.text, self.begin):
            edges, start = RULE_EDGE, self.text.find("(", self.begin, semicolon)
        elif ROUTINE.match(self.text, self.begin):
            atomic = ATOMIC.search(self.text, self.begin, semicolon)
            edges, start = ROUTINE_EDGE, atomic.start() if atomic else -1
        else:
            return None
        end = self.splitter.closing(edges, start, _body_step) if start >= 0 else None
        return end if end and end > semicolon else None

    def copy_data(self) -> None:
        """Take the lines of data below COPY … FROM STDIN, where their end is marked."""
        if not self.text.endswith("\n", 0, self.after):
            return
        end = self.splitter.search(COPY_END, self.after)
        if end:
            self.kind = "copy"
            self.data = self.text[self.after : end.start()]
            self.after = end.end()

    def on_comment(self, special: re.Match[str]) -> int:
        """Pass a comment to the end of its line."""
        self.comments.append(special.span())
        return special.end()

    def on_block(self, special: re.Match[str]) -> int:
        """Pass a block comment, if it ends."""
        end = self.splitter.end_of_comment(special.start())
        if end:
            self.comments.append((special.start(), end))
        return end or special.end()

    def on_dollar(self, special: re.Match[str]) -> int:
        """Pass a dollar-quoted string, if it ends."""
        return self.splitter.end_of_dollar(special[0], special.end()) or special.end()

    def on_command(self, special: re.Match[str]) -> int:
        """Take a psql command after a statement: it sends what stands before it."""
        self.end = self.after = special.start()
        return self.end

    def on_variable(self, special: re.Match[str]) -> int:
        """Note a psql variable; between brackets a colon parts the bounds of an array's slice."""
        start = special.start()
        if self.text.rfind("[", self.begin, start) <= self.text.rfind("]", self.begin, start):
            self.variables.append((start, special[0]))
        return special.end()


HANDLERS: dict[str, Callable[[Extent, re.Match[str]], int]] = {
    "end": Extent.on_end,
    "comment": Extent.on_comment,
    "block": Extent.on_block,
    "dollar": Extent.on_dollar,
    "command": Extent.on_command,
    "variable": Extent.on_variable,
}


def _body_step(edge: re.Match[str]) -> int:
    """Say whether an edge opens a body, closes one, or is only quoted text."""
    return {"opens": 1, "closes": -1}.get(edge.lastgroup or "", 0)
