"""Split a PostgreSQL script into its statements, each with its exact place.

PostgreSQL's own parser gives up on a whole script at the first psql command, line of COPY data or
syntax error. This lexer knows only what hides or ends a statement (PostgreSQL manual: 4.1 "Lexical
Structure"; psql: "Meta-Commands"), so every statement stands alone and one bad one never hides the
rest.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from msgspec import Struct
from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

# What can hide a semicolon, or end a statement; all else is skipped. Every branch begins with one
# character, which lets the engine leap to the next candidate; what must stand before it is seen by
# looking back. PostgreSQL's identifiers take any letter outside ASCII, and its white space none;
# such sets are written by the ASCII that is not in them, which compiles sixteen times as fast.
SPECIAL = re.compile(
    r"""
      (?P<end>;)
    | '(?:(?<=[\x00-#%-/:-@\[-^`{-\x7f][eE]')(?:[^'\\]|\\.|'')*+'
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
    (?P<body>(?:[^;'"$\\:/-]++ | '[^'\\]*+' | "[^"]*+" | :: | -(?!-) | /(?!\*))*+)
    ;(?P<rest>[ \t\r]*(?:\n|\Z))
    """,
    re.VERBOSE,
)
BLANK = re.compile(r"[\s;]*(?:--[^\n\r]*[\s;]*)*", re.ASCII)
REST_OF_LINE = re.compile(r"[ \t\f\v\r]*(?:--[^\n\r]*\r?)?(?:\n|\Z)")
META_COMMAND = re.compile(r"\\(?:;|[^\n]*)")
COMMENT_EDGE = re.compile(r"/\*|\*/")
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

MARKER = re.compile(
    r"--[ \t]*migdocs:[ \t]*(?P<word>[a-z-]+)(?:[ \t]+(?P<rule>[\w-]+))?"
    r"(?:[ \t]*:[ \t]*(?P<reason>[^\n\r]*))?"
)
# Looking for what closes an opening that nothing closes reads to the end of the text. A person
# leaves one or two open; hostile text leaves thousands, and then they are no longer looked for.
UNCLOSED_LIMIT = 10

Kind = Literal["sql", "copy", "psql", "blank"]


# What PostgreSQL takes for white space (scan.l: space); Python would strip more.
SPACE = " \t\n\r\f\v"


class Marker(Struct, frozen=True):
    """A comment that speaks to migdocs: ``-- migdocs: allow col-drop: nobody reads it``.

    Attributes:
        word: ``allow`` or ``no-transaction``.
        rule: a hazard's id, empty where the marker names none.
        reason: what follows the second colon, empty where the author gave none.
    """

    word: str
    rule: str
    reason: str
    line: int


class Variable(Struct, frozen=True):
    """A psql variable that stands in a statement: ``:name``, ``:'name'``."""

    name: str
    line: int


class Statement(Struct, frozen=True):
    r"""One statement of a script, and where it stands.

    Attributes:
        text: the statement alone: no leading or trailing comment, no semicolon.
        line: of its first character, from 1 (or from the line that ``split`` was given).
        column: of its first character, in characters from 1.
        offset: of its first character in the script, in characters from 0.
        index: among the script's statements, from 0.
        kind: ``copy`` where lines of data follow it, ``psql`` for a meta-command, ``blank`` for
            what stands for a script without any statement.
        source: every character since the statement before: comments, text, separator, data.
        data: the lines that follow COPY … FROM STDIN, without the closing ``\.``; None without any.
        markers: in the comments before and in it, and in the one that ends its last line.
        variables: of psql; a server cannot read the statement while there are any.
        followed: by others like it, which the text leaves out and the file has.
    """

    text: str
    line: int
    column: int
    offset: int
    index: int
    source: str
    kind: Kind = "sql"
    data: str | None = None
    markers: tuple[Marker, ...] = ()
    variables: tuple[Variable, ...] = ()
    followed: bool = False

    def place(self, offset: int) -> tuple[int, int]:
        """Give line and column, both from 1, of a character of ``text`` counted from 0."""
        before = self.text[:offset]
        breaks = before.count("\n")
        if breaks:
            return self.line + breaks, len(before) - before.rfind("\n")
        return self.line, self.column + len(before)


def split(text: str, line: int = 1) -> tuple[Statement, ...]:
    """Split a script; ``join`` gives back the same characters.

    What is never closed (a quote, a comment, a dollar tag) does not swallow the rest: its opening
    is read as an ordinary character, and the parser will say what is wrong there.

    Args:
        text: of any script, however broken.
        line: the number of the text's first line in its file.
    """
    return tuple(_Splitter(text, line).statements())


def join(statements: Iterable[Statement]) -> str:
    """Give back the script that the statements were split from."""
    return "".join(statement.source for statement in statements)


def markers(text: str, line: int = 1) -> tuple[Marker, ...]:
    """List the markers of a script; most scripts hold none and are not split for it."""
    if "migdocs:" not in text:
        return ()
    return tuple(marker for statement in split(text, line) for marker in statement.markers)


class _Splitter:
    """Walk through a script once, forwards; all positions are characters from 0."""

    def __init__(self, text: str, line: int) -> None:
        self.text = text
        self.line = line  # of the character at `counted`
        self.line_begin = self.counted = 0
        self.unclosed = 0
        self.has_markers = "migdocs:" in text

    def statements(self) -> Iterator[Statement]:
        """Give every statement in turn; what follows the last one belongs to it."""
        last: Statement | None = None
        position = 0
        begin = self.skip_blank(1 if self.text.startswith("\ufeff") else 0)
        while begin < len(self.text):
            if last:
                yield last
            extent = _Extent(self, begin)
            last = self.statement(position, extent, last.index + 1 if last else 0)
            position = extent.after
            begin = self.skip_blank(position)
        if last is None:
            last = Statement("", self.line, 1, 0, 0, "", "blank")
        rest, markers = self.text[position:], self.markers((position, len(self.text)))
        if rest:
            last = replace(last, source=last.source + rest, markers=last.markers + markers)
        if self.text:
            yield last

    def statement(self, position: int, extent: _Extent, index: int) -> Statement:
        """Give the statement of an extent; its source begins at ``position``."""
        begin, end = extent.begin, extent.text_end()
        line = self.advance(begin)
        return Statement(
            text=self.text[begin:end],
            line=line,
            column=begin - self.line_begin + 1,
            offset=begin,
            index=index,
            source=self.text[position : extent.after],
            kind=extent.kind,
            data=extent.data,
            markers=self.markers((position, begin), *extent.comments, (end, extent.after)),
            variables=self.variables(extent, line) if extent.variables else (),
        )

    def variables(self, extent: _Extent, line: int) -> tuple[Variable, ...]:
        """Give the psql variables of an extent that begins at a line."""
        return tuple(
            Variable(name, line + self.text.count("\n", extent.begin, start))
            for start, name in extent.variables
        )

    def advance(self, offset: int) -> int:
        """Count the lines up to a character further on, and give its line."""
        breaks = self.text.count("\n", self.counted, offset)
        if breaks:
            self.line += breaks
            self.line_begin = self.text.rfind("\n", self.counted, offset) + 1
        self.counted = offset
        return self.line

    def markers(self, *spans: tuple[int, int]) -> tuple[Marker, ...]:
        """Find the markers in the spans, each of which holds comments only."""
        if not self.has_markers:
            return ()
        return tuple(
            Marker(
                found["word"],
                found["rule"] or "",
                (found["reason"] or "").strip(),
                self.line + self._lines_from_here(found.start()),
            )
            for start, end in spans
            for found in MARKER.finditer(self.text, start, end)
        )

    def _lines_from_here(self, offset: int) -> int:
        """Count the lines from where lines are counted to an offset on either side of it."""
        if offset < self.counted:
            return -self.text.count("\n", offset, self.counted)
        return self.text.count("\n", self.counted, offset)

    def skip_blank(self, position: int) -> int:
        """Give the first position that is neither white space, comment nor an empty statement."""
        while True:
            blank = BLANK.match(self.text, position)
            position = blank.end() if blank else position
            end = self.end_of_comment(position) if self.text.startswith("/*", position) else None
            if end is None:
                return position
            position = end

    def search(self, pattern: re.Pattern[str], position: int) -> re.Match[str] | None:
        """Find what closes an opening, as long as not too many were never closed."""
        found = pattern.search(self.text, position) if self.unclosed < UNCLOSED_LIMIT else None
        self.unclosed += found is None
        return found

    def closing(
        self, edges: re.Pattern[str], start: int, step: Callable[[re.Match[str]], int]
    ) -> int | None:
        """Give where the depth that the first edge raises is back at 0; None where it never is."""
        depth = 0
        position = start
        while edge := self.search(edges, position):
            change = step(edge)
            depth += change
            position = edge.end()
            if change and depth <= 0:
                return position
        return None

    def end_of_dollar(self, tag: str, position: int) -> int | None:
        """Give where a dollar-quoted string ends; None where it never does."""
        found = self.text.find(tag, position) if self.unclosed < UNCLOSED_LIMIT else -1
        self.unclosed += found < 0
        return None if found < 0 else found + len(tag)

    def end_of_comment(self, start: int) -> int | None:
        """Give where a block comment ends, however nested; None where it never does."""
        return self.closing(COMMENT_EDGE, start, lambda edge: 1 if edge[0] == "/*" else -1)


class _Extent:
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

    def __init__(self, splitter: _Splitter, begin: int) -> None:
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


HANDLERS: dict[str, Callable[[_Extent, re.Match[str]], int]] = {
    "end": _Extent.on_end,
    "comment": _Extent.on_comment,
    "block": _Extent.on_block,
    "dollar": _Extent.on_dollar,
    "command": _Extent.on_command,
    "variable": _Extent.on_variable,
}


def _body_step(edge: re.Match[str]) -> int:
    """Say whether an edge opens a body, closes one, or is only quoted text."""
    return {"opens": 1, "closes": -1}.get(edge.lastgroup or "", 0)
