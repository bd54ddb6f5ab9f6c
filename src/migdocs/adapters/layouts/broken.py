"""Say where a file of a runner's is no JSON, YAML or XML: its line, and what the parser met."""

from __future__ import annotations

import json


def fault(path: str, text: str) -> tuple[int, str]:
    """Give the line of the first fault and what it is; line 1 and nothing where the form is well.

    Args:
        path: whose suffix says which form it is.
        text: of the file.
    """
    kind = path.rpartition(".")[2].lower()
    try:
        return _xml(text) if kind == "xml" else _json(text) if kind == "json" else _yaml(text)
    except RecursionError:
        return 1, "it is nested too deeply"
    except ValueError as error:  # a date that is none
        return 1, " ".join(str(error).split())


def _json(text: str) -> tuple[int, str]:
    """Look through JSON."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return error.lineno, error.msg
    return 1, ""


def _yaml(text: str) -> tuple[int, str]:
    """Look through YAML."""
    import yaml

    try:
        yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        return (mark.line + 1 if mark else 1), error.problem or "it is not YAML"
    except yaml.reader.ReaderError as error:
        return text.count("\n", 0, error.position) + 1, error.reason
    except yaml.YAMLError as error:
        return 1, " ".join(str(error).split())
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
