"""Read JSON of a declared shape: one reader of documents, one of lines; errors say where.

A shape is one of our values. What is missing, of another type or no JSON at all is one error a
place, with its path and line; names that the shape lacks, as of a newer migdocs, are passed over.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from types import NoneType, UnionType
from typing import (
    TYPE_CHECKING,
    Any,
    Literal,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

from migdocs.core import values
from migdocs.core.errors import InputError, raise_all

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Shape = TypeVar("Shape")
_LONGEST = 60  # characters of a value that an error shows
_WORDS = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}


class WrongShapeError(ValueError):
    """A value is not of the shape that is wanted; the message says which and how."""


def document(text: str, path: str, hint: str) -> Any:  # noqa: ANN401 - JSON
    """Give what a JSON document holds.

    Raises:
        InputError: it is no JSON, or nested too deeply.
    """
    try:
        return _loaded(text.removeprefix("\ufeff"))
    except json.JSONDecodeError as error:
        problem = f"is not JSON: {error.msg}"
        raise InputError(
            problem, path=path, line=error.lineno, column=error.colno, hint=hint
        ) from None
    except ValueError as error:
        raise InputError(str(error), path=path, hint=hint) from None


def lines(
    text: str,
    path: str,
    shape: type[Shape],
    hint: str,
    wrong: Callable[[Shape], str] = lambda _: "",
) -> tuple[Shape, ...]:
    """Give what the lines of a file hold, one value a line; only a line feed ends one.

    Args:
        text: of the file.
        path: for errors.
        shape: of each value.
        hint: what to do where a line is wrong.
        wrong: says what a value of the right shape cannot mean; empty where nothing is wrong.

    Raises:
        InputError: lines that are no such value; all of them are named.
    """
    found: list[Shape] = []
    errors: list[InputError] = []
    for number, line in _numbered(text.removeprefix("\ufeff")):
        try:
            value = of(_loaded(line), shape)
            if problem := wrong(value):
                errors.append(InputError(problem, path=path, line=number, hint=hint))
            found.append(value)
        except json.JSONDecodeError as error:
            problem = f"is not JSON: {error.msg}"
            errors.append(InputError(problem, path=path, line=number, hint=hint))
        except ValueError as error:
            errors.append(InputError(str(error), path=path, line=number, hint=hint))
    raise_all(errors)
    return tuple(found)


def _numbered(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines that are not blank; U+2028 inside a value ends none."""
    return ((n, line) for n, line in enumerate(text.split("\n"), 1) if line.strip())


def _loaded(text: str) -> Any:  # noqa: ANN401 - JSON
    """Read JSON whose texts any file can hold.

    Raises:
        ValueError: it is none, nested too deeply, or holds half a letter.
    """
    try:
        found = json.loads(text, parse_constant=_refused, parse_int=_whole)
        if "\\ud" in text or "\\uD" in text or not text.isascii():
            json.dumps(found, ensure_ascii=False).encode()
    except RecursionError:
        raise WrongShapeError("is nested too deeply") from None
    except UnicodeEncodeError:
        raise WrongShapeError("holds half of a surrogate pair, which is not a character") from None
    return found


def _refused(word: str) -> None:
    """Refuse ``NaN`` and its like, which JSON does not have."""
    raise WrongShapeError(f"holds {word}, which is not a number")


def _whole(digits: str) -> int:
    """Read a whole number that databases can hold."""
    if len(digits) > len(str(2**63)) + 1:
        raise WrongShapeError(f"holds a number of {len(digits)} digits")
    return int(digits)


def of(value: object, shape: type[Shape]) -> Shape:
    """Make a value of a declared shape.

    Raises:
        WrongShapeError: a part is missing or of another type.
    """
    if not isinstance(value, dict):
        raise WrongShapeError(f"is {_shown(value)}, not a JSON object")
    made: dict[str, Any] = {}
    for name, (kind, required) in _parts(cast("Any", shape)).items():
        if name in value:
            made[name] = _fitted(value[name], kind, name)
        elif required:
            raise WrongShapeError(f"'{name}' is missing")
    return shape(**made)


@functools.cache
def _parts(shape: type) -> dict[str, tuple[Any, bool]]:
    """Give the names of a shape, with the type of each and whether it must be there."""
    hints = get_type_hints(shape)
    given = values.defaults(shape)
    return {name: (hints[name], name not in given) for name in values.names(shape)}


def _fitted(value: object, kind: Any, name: str) -> Any:  # noqa: ANN401 - JSON
    """Give a value as its type has it.

    Raises:
        WrongShapeError: it is of another type.
    """
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return _one_of(value, inner, name)
    if origin is Literal:
        if value not in inner or isinstance(value, bool):
            known = ", ".join(f"'{word}'" for word in inner if word)
            raise WrongShapeError(f"'{name}' is {_shown(value)}, none of {known}")
        return value
    if origin is tuple and isinstance(value, list):
        return tuple([_fitted(item, inner[0], name) for item in value])
    if origin in (Mapping, dict) and isinstance(value, dict):
        return {key: _fitted(item, inner[1], f"{name}.{key}") for key, item in value.items()}
    if kind in _WORDS and type(value) is kind:
        return value
    wanted = _WORDS.get(kind) or ("a list" if origin is tuple else "an object")
    raise WrongShapeError(f"'{name}' is {_shown(value)}, not {wanted}")


def _one_of(value: object, kinds: tuple[Any, ...], name: str) -> Any:  # noqa: ANN401 - JSON
    """Give a value as the first of several types that it fits; the last says why it fits none."""
    if value is None and NoneType in kinds:
        return None
    rest = [kind for kind in kinds if kind is not NoneType]
    for kind in rest[:-1]:
        try:
            return _fitted(value, kind, name)
        except WrongShapeError:
            continue
    return _fitted(value, rest[-1], name)


def _shown(value: object) -> str:
    """Write a value for an error, cut where it is long."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
