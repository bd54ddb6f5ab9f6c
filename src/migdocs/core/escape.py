"""Text that came from outside, made harmless in Markdown; what is safe already says so by its type.

Commits, notes, SQL names and settings are hostile until they have been through here. The renderer
puts every value through ``prose`` unless it is ``Safe``, so a template cannot forget it.
"""

from __future__ import annotations

import re

_REGION_MARK = "<!-- migdocs:"
_FENCE = re.compile(r"\s{0,3}(?P<mark>`{3,}|~{3,})(?P<rest>.*)$")
# Bold text on one line, of which only the inside needs escaping.
_BOLD = re.compile(r"\*\*(?=\S)([^*]+)(?<=\S)\*\*")
_CODE_SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)")
_SPECIAL = re.compile(r"[\\*\[\]<>|~]|(?<![\w`])_|_(?![\w`])|`|&(?=#?\w+;)|\{\{|\{%|!(?=\[)")
_AT_LINE_START = re.compile(r"^(\s*)(?=[#>+=-])|^(\s*\d+)(?=[.)](?:\s|$))")
# Words that no reader of Markdown, HTML or templates takes for anything but words.
_PLAIN = re.compile(r"[A-Za-z][\w,.;:()'\"/?@$%^+=-]*(?: [\w,.;:()'\"/?@$%^+=-]+)*", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
_ENTITIES = {
    "<": "&lt;",
    ">": "&gt;",
    "&": "&amp;",
    "|": "&#124;",
    "{{": "&#123;{",
    "{%": "&#123;%",
}


class Safe(str):
    """Markdown that we wrote, or that has been escaped."""

    __slots__ = ()


def prose(text: object) -> Safe:
    """Give text for one line of Markdown: code spans stay, all else reads as it was written.

    It cannot end a table cell, open a heading, a list, a link or HTML, or reach a template engine.
    """
    if isinstance(text, Safe):
        return text
    plain = str(text)
    if "_" not in plain and _PLAIN.fullmatch(plain):
        return Safe(plain)
    line = re.sub(r"  +", " ", _CONTROL.sub(" ", plain))
    parts: list[str] = []
    position = 0
    for span in _CODE_SPAN.finditer(line):
        parts.append(_with_bold(line[position : span.start()]))
        parts.append(code(span[2].strip()))
        position = span.end()
    parts.append(_with_bold(line[position:]))
    escaped = "".join(parts)
    return Safe(_AT_LINE_START.sub(lambda match: f"{match[0]}\\", escaped))


def code(text: object) -> Safe:
    """Give a code span; text that a span cannot hold in a table is escaped as prose instead."""
    line = one_line(str(text))
    if not line:
        return Safe("")
    if re.search(r"[`|]|\{\{|\{%", line):
        return Safe(_escaped(line))
    return Safe(f"`{line}`")


def link(text: Safe, target: str) -> Safe:
    """Give a link; only the text where there is no target."""
    return Safe(f"[{text}]({target})") if target else text


def block(text: str, language: str = "") -> Safe:
    """Give a fenced block whose fence is longer than any inside."""
    longest = max((len(run) for run in re.findall(r"`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    inside = text.strip("\n").replace(_REGION_MARK, "<!-- ")
    return Safe(f"{fence}{language}\n{inside}\n{fence}")


def one_line(text: str) -> str:
    """Give text without line ends, control characters and marks that turn the direction."""
    return re.sub(r"  +", " ", _CONTROL.sub(" ", text)).strip()


def _with_bold(text: str) -> str:
    """Escape a stretch of prose and keep what is bold in it."""
    parts = _BOLD.split(text)  # plain, bold, plain, bold, … plain
    return "".join(
        f"**{_escaped(part)}**" if index % 2 else _escaped(part) for index, part in enumerate(parts)
    )


def _escaped(text: str) -> str:
    """Escape what Markdown, HTML or a template engine would read."""
    return _SPECIAL.sub(lambda match: _ENTITIES.get(match[0], "\\" + match[0]), text)


def excerpt(text: str) -> Safe:
    """Give several lines of somebody's Markdown for a document of ours.

    Paragraphs, lists, tables and fenced blocks stay what they are; headings become bold lines;
    links, HTML and comments read as text, so that nothing can end a region or leave its place.
    """
    lines: list[str] = []
    fence = ""
    for line in text.strip("\n").split("\n"):
        mark = _FENCE.match(line)
        if fence:
            lines.append(line)
            if mark and mark["mark"].startswith(fence) and not mark["rest"].strip():
                fence = ""
        elif mark:
            fence = mark["mark"]
            lines.append(line)
        else:
            lines.append(_excerpt_line(line))
    if fence:
        lines.append(fence)
    return Safe("\n".join(lines).replace(_REGION_MARK, "<!-- "))


def _excerpt_line(line: str) -> str:
    """Escape one line of prose and keep what makes it a heading, a list item or a table row."""
    if not line.strip() or re.fullmatch(r"\s*([-*_]\s*){3,}", line):
        return ""
    heading = re.match(r"\s*#{1,6}\s+(.*?)\s*#*\s*$", line)
    if heading:
        return f"**{_escaped(one_line(heading[1]))}**"
    if line.lstrip().startswith("|"):
        cells = re.split(r"(?<!\\)\|", line.strip().strip("|"))
        rule = all(re.fullmatch(r"\s*:?-+:?\s*", cell) for cell in cells)
        return f"| {' | '.join(cell.strip() if rule else prose(cell) for cell in cells)} |"
    item = re.match(r"(\s*(?:[-*+]|\d+[.)])\s+(?:\[[ xX]\]\s+)?)(.*)$", line)
    if item:
        return item[1] + prose(item[2])
    indent = line[: len(line) - len(line.lstrip())]
    return indent + prose(line)
