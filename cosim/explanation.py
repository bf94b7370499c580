"""Turns a schema's complaint into one sentence: which key, what was given, what is allowed."""

import difflib
import reprlib
import types
import typing
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any, Literal

from annotated_types import Ge, Gt, Le, Lt
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

_BOUNDS: dict[type, tuple[str, str]] = {
    Ge: ("ge", "at least"),
    Gt: ("gt", "more than"),
    Le: ("le", "at most"),
    Lt: ("lt", "less than"),
}


def explain(model: type[BaseModel], refusal: ValidationError, whence: Callable[[str], str]) -> str:
    """One sentence about the first thing that is wrong, and how many more there are.

    `whence` names the source of a dotted key, e.g. the file, or the option that set it.
    """
    errors = refusal.errors(include_url=False)
    loc = [str(part) for part in errors[0]["loc"]]
    keys = [part if part.isprintable() else repr(part) for part in loc]
    sentence = f"{whence('.'.join(loc))}: {_complaint(model, keys, errors[0])}"
    more = len(errors) - 1
    return sentence if not more else f"{sentence} ({more} more after this)"


def _complaint(model: type[BaseModel], keys: Sequence[str], error: ErrorDetails) -> str:
    key = ".".join(keys)
    kind = error["type"]
    if kind in ("extra_forbidden", "invalid_key"):
        return _unknown_key(model, keys)
    if kind == "missing":
        return f"the key {key} is missing; it wants {_wanted(model, keys)}"
    if kind == "value_error":
        reason = str(error.get("ctx", {}).get("error", error["msg"]))
        return f"{key}: {reason}" if key else reason
    if kind == "string_pattern_mismatch":
        return (
            f"{key} is {_given(error)}, which does not match the pattern "
            f"{error['ctx']['pattern']}{_documentation(model, keys)}"
        )
    return f"{key} is {_given(error)}, but it wants {_wanted(model, keys)}"


def _given(error: ErrorDetails) -> str:
    value = error["input"]
    return "empty" if value is None else reprlib.repr(value)


def _unknown_key(model: type[BaseModel], keys: Sequence[str]) -> str:
    section = _section(model, keys[:-1])
    allowed = list(section.model_fields) if section else []
    close = difflib.get_close_matches(keys[-1], allowed, n=1, cutoff=0.5)
    hint = f" (did you mean {close[0]}?)" if close else ""
    where = f"in {'.'.join(keys[:-1])}" if len(keys) > 1 else "here"
    return f"{'.'.join(keys)} is not a key{hint}; allowed {where}: {', '.join(allowed)}"


def _section(model: type[BaseModel], keys: Sequence[str]) -> type[BaseModel] | None:
    """The model that stands at the end of a path of keys."""
    for key in keys:
        field = model.model_fields.get(key)
        inner = _submodel(field.annotation) if field else None
        if inner is None:
            return None
        model = inner
    return model


def _submodel(annotation: Any) -> type[BaseModel] | None:
    for part in _alternatives(annotation):
        if isinstance(part, type) and issubclass(part, BaseModel):
            return part
    return None


def _field(model: type[BaseModel], keys: Sequence[str]) -> FieldInfo | None:
    """The field that the longest known part of a path leads to."""
    field = None
    for depth, key in enumerate(keys):
        section = _section(model, keys[:depth])
        if section is None or key not in section.model_fields:
            break
        field = section.model_fields[key]
    return field


def _wanted(model: type[BaseModel], keys: Sequence[str]) -> str:
    field = _field(model, keys)
    if field is None:
        return "something else"
    inner = _submodel(field.annotation)
    if inner is not None:
        return f"a section with the keys {', '.join(inner.model_fields)}"
    choices = [c for part in _alternatives(field.annotation) for c in _choices(part)]
    if choices:
        kinds = f"one of {', '.join(map(str, choices))}"
    else:
        kinds = _kind(keys[-1], field) + _bounds(field)
    return kinds + _documentation(model, keys)


def _kind(key: str, field: FieldInfo) -> str:
    parts = {p for p in _alternatives(field.annotation) if isinstance(p, type)}
    if bool in parts:
        return "true or false"
    if date in parts:
        return "a date such as 2016-06-15"
    if float in parts:
        return "a number"
    if int in parts:
        return (
            "whole seconds, a bare number such as 900" if key.endswith("_s") else "a whole number"
        )
    return "a text" if str in parts else "another kind of value"


def _bounds(field: FieldInfo) -> str:
    limits = [
        f"{words} {getattr(bound, name):g}"
        for bound in _constraints(field)
        for kind, (name, words) in _BOUNDS.items()
        if isinstance(bound, kind)
    ]
    return f", {' and '.join(limits)}" if limits else ""


def _constraints(field: FieldInfo) -> Iterator[Any]:
    """The bounds of a field, also where they stand within `... | None`."""
    yield from field.metadata
    for part in _raw_alternatives(field.annotation):
        for extra in getattr(part, "__metadata__", ()):
            yield from extra.metadata if isinstance(extra, FieldInfo) else (extra,)


def _documentation(model: type[BaseModel], keys: Sequence[str]) -> str:
    field = _field(model, keys)
    text = " ".join((field.description or "").split()) if field else ""
    return f" ({text.rstrip('.')})" if text else ""


def _raw_alternatives(annotation: Any) -> tuple[Any, ...]:
    if isinstance(annotation, types.UnionType) or typing.get_origin(annotation) is typing.Union:
        return typing.get_args(annotation)
    return (annotation,)


def _alternatives(annotation: Any) -> tuple[Any, ...]:
    """The types that a field takes, without what qualifies them."""
    return tuple(
        typing.get_args(part)[0] if hasattr(part, "__metadata__") else part
        for part in _raw_alternatives(annotation)
    )


def _choices(part: Any) -> tuple[Any, ...]:
    return typing.get_args(part) if typing.get_origin(part) is Literal else ()
