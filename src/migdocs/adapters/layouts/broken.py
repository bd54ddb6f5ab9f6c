"""Say where a file of a runner's is no JSON, YAML or XML: its line, and what the parser met."""

from __future__ import annotations

from migdocs.core import foreign
from migdocs.core.errors import InputError


def fault(path: str, text: str) -> tuple[int, str]:
    """Give the line of the first fault and what it is; line 1 and nothing where the form is well.

    Args:
        path: whose suffix says which form it is.
        text: of the file.
    """
    if path.lower().endswith(".xml"):
        return _xml(text)
    try:
        foreign.read(text, path)
    except InputError as error:
        return error.line or 1, f"it {error.message}"
    return 1, ""


def _xml(text: str) -> tuple[int, str]:
    """Look through XML, which holds no entities by now."""
    from xml.etree.ElementTree import ParseError, fromstring

    if "<!" in text.replace("<!--", ""):
        return 1, "it declares entities or a document type"
    try:
        fromstring(text.removeprefix("\ufeff"))  # noqa: S314 - without entities it is data
    except ParseError as error:
        return error.position[0], error.msg.partition(":")[0]
    return 1, ""
