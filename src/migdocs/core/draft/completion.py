r"""Complete notes that are there already: what is empty is filled from the SQL, and marked.

What a person has written is left as it is, whatever the SQL says: ``check`` tells where the two
disagree. What an earlier run wrote is renewed as long as nobody has changed it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from migdocs.core import notes
from migdocs.core.draft.triple import ROLLBACK_HEADINGS
from migdocs.core.markup import markdown
from migdocs.core.notes import PROOF_HEADINGS, derived, scaffold
from migdocs.core.notes.template import TemplateField, refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from migdocs.core.draft.triple import Content
    from migdocs.core.model import Field, Notes, Section
    from migdocs.core.notes.template import Template

REST = "Read from the SQL"
PROOF = "What to check"
# What the section at the end says, in this order, where the notes have no other place for it.
_NAMES = {
    "type": "Type",
    "breaking": "Breaking",
    "dependencies": "Dependencies",
    "downtime": "Downtime",
    "locks": "Locks",
    "release before, new schema": "Release before, new schema",
    "existing rows": "Existing rows",
    "lost by the rollback": "Lost by the rollback",
}
_GROUPS = (("changes",), ROLLBACK_HEADINGS, PROOF_HEADINGS)
_TOP = 2  # the level of a section's heading
_LABEL = re.compile(r"[-*] \*\*[^*]+?:\*\*")
_EMPTY = re.compile(r"\[[^\]]*\]")


class Completed(Struct, frozen=True):
    """Notes as they are now, and what was written into them.

    Attributes:
        filled: names of fields and sections that were written or renewed.
        kept: names of those that a person has written.
    """

    text: str
    filled: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()


class _Work(Struct):
    """Notes while they are completed."""

    text: str
    path: str
    template: Template
    filled: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)

    @property
    def read(self) -> Notes:
        """The notes as they are by now."""
        return notes.parse(self.path, self.text)

    def put(self, name: str, start: int, end: int, lines: Sequence[str]) -> None:
        """Put lines in the place of others, counted from 0; ``end`` is left out."""
        every = self.text.split("\n")
        if every[start:end] != list(lines):
            every[start:end] = lines
            self.text = "\n".join(every)
            self.filled.append(name)

    def append(self, heading: str, told: str) -> None:
        """Put a section behind all others."""
        every = self.text.rstrip("\n").split("\n")
        lines = ["", f"## {heading}", *derived.section(told)]
        self.put(heading, len(every), len(self.text.split("\n")), lines)


def complete(path: str, text: str, template: Template, content: Content) -> Completed:
    r"""Fill what is empty in some notes.

    Args:
        path: of the notes.
        text: as they are, with ``\n`` line ends.
        template: TEMPLATE.md: its words are what nobody has written yet.
        content: what the SQL says.
    """
    work = _Work(text, path, template)
    rest = {name: value for name, value in content.fields.items() if not _field(work, name, value)}
    for names in _GROUPS:
        told = content.sections.get(names[0], "")
        if told and not _section(work, names, told):
            if names is PROOF_HEADINGS:
                work.append(PROOF, told)
            elif names is ROLLBACK_HEADINGS:
                rest["lost by the rollback"] = content.labels["lost by the rollback"]
    for name, told in content.labels.items():
        if _label(work, name, told):
            rest.pop("locks" if name == "while it runs" else name, None)
        elif name != "lost by the rollback":
            rest[name] = told
    lines = [f"- **{label}:** {rest[name]}" for name, label in _NAMES.items() if name in rest]
    if not _section(work, (REST.lower(),), "\n".join(lines)) and lines:
        work.append(REST, "\n".join(lines))
    return Completed(work.text, tuple(work.filled), tuple(dict.fromkeys(work.kept)))


# --- header fields ------------------------------------------------------------------------------


def _field(work: _Work, name: str, value: str) -> bool:
    """Fill a header field; False where neither the notes nor the template have it."""
    wanted = next((f for f in work.template.fields if notes.canonical(f.name) == name), None)
    if wanted and any(refused(work.template, {wanted.name: value})):
        return True  # the template has other words for it, which only a person can choose
    value = scaffold.spelled(wanted, value) if wanted else value
    read = work.read
    there = notes.value(read.fields, name) or _elsewhere(read, name)
    if there is None:
        return wanted is not None and _new_field(work, read, wanted.name, value)
    if not _open(there, read, work.template):
        work.kept.append(there.name)
        return True
    before = derived.without(work.text).split("\n")
    after = list(before)
    scaffold.fill_field(after, TemplateField(there.name, "", (), there.line), value)
    for index, line in enumerate(after):
        if line != before[index]:
            work.put(there.name, index, index + 1, [derived.marked(line)])
    return True


def _new_field(work: _Work, read: Notes, name: str, value: str) -> bool:
    """Write a field that the template asks for below those that the header has, or the title."""
    first = next((s.line for s in read.sections if s.level == _TOP), work.text.count("\n") + 2)
    bold = [f.line for f in markdown.fields(read.text) if f.line < first]
    if read.fields and not bold:
        return False  # front matter or a table: a bold line would be of another kind
    title = next((s.line for s in read.sections if s.level == 1), 0)
    line = f"{derived.marked(f'**{name}:** {value}')}  "
    at = bold[-1] if bold else title
    work.put(name, at, at, [line] if bold else ["", line])
    return True


def _elsewhere(read: Notes, name: str) -> Field | None:
    """Give a field that a person has written into a section."""
    there = (f for s in read.sections for f in markdown.fields(s.text, s.line + 1))
    own = (f for f in there if f.line not in read.derived)
    return next((f for f in own if notes.canonical(f.name) == name), None)


def _open(there: Field, read: Notes, template: Template) -> bool:
    """Tell whether nobody has given a field its value yet."""
    value = there.value.strip()
    asked = {f.placeholder for f in template.fields}
    unsaid = not value or value in asked or _EMPTY.fullmatch(value) is not None
    return unsaid or there.line in read.derived


# --- sections -----------------------------------------------------------------------------------


def _section(work: _Work, names: Sequence[str], told: str) -> bool:
    """Fill a section that is empty; False where neither the notes nor the template have it."""
    found = notes.section(work.read, *names)
    if found is None:
        asked = [s for s in work.template.sections if s.heading.lower() in names and s.required]
        for one in asked[:1]:
            work.append(one.heading, told)
        return bool(asked)
    every = work.text.split("\n")
    end = _end(work.text, found)
    if not _unwritten(work, found, end):
        work.kept.append(found.heading)
        return True
    work.put(found.heading, found.line, min(end, len(every)), derived.section(told) if told else ())
    return True


def _end(text: str, found: Section) -> int:
    """Give the index behind a section's last line, where the next of its level or above begins."""
    later = (h.line - 1 for h in markdown.headings(text) if h.level <= max(found.level, _TOP))
    return next((index for index in later if index >= found.line), text.count("\n") + 1)


def _unwritten(work: _Work, found: Section, end: int) -> bool:
    """Tell whether a section holds nothing but what was derived, or the template's own words."""
    if derived.untouched(work.text, found.line + 1, end + 1):
        return True
    own = {line.strip() for line in work.template.text.split("\n")}
    body = (line.strip() for line in found.text.split("\n"))
    return all(not line or line in own or _EMPTY.fullmatch(line.lstrip("-* ")) for line in body)


def _label(work: _Work, name: str, told: str) -> bool:
    """Fill a line ``- **Label:** [what to write]``; False where the notes have no such line."""
    read = work.read
    there = next((label for label in _labels(read) if label.name.lower() == name), None)
    if there is None:
        return False
    if _open(there, read, work.template):
        line = derived.marked(f"- **{there.name}:** {told}")
        work.put(there.name, there.line - 1, there.line, [line])
    else:
        work.kept.append(there.name)
    return True


def _labels(read: Notes) -> Iterator[Field]:
    """Yield the labelled lines of notes, without those of the section that is written here."""
    rest = notes.section(read, REST)
    last = rest.line + rest.text.count("\n") + 1 if rest else 0
    for index, line in enumerate(read.text.split("\n")):
        if _LABEL.match(line) and not (rest and rest.line <= index < last):
            yield from (replace(label, line=index + 1) for label in markdown.fields(line))
