"""Reads a YAML file that a person wrote: safely, duplicate keys refused, one clear error."""

from collections.abc import Hashable
from pathlib import Path
from typing import Any, Final

import yaml

from twin.errors import InputError

MAX_DEPTH: Final = 50
"""Deeper than any scenario; what is nested beyond would exhaust the reader, not the file."""


class _StrictLoader(yaml.SafeLoader):
    """A safe loader to which a key given twice is an error, not a silent choice of the last."""

    _depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self._depth == MAX_DEPTH:
            raise yaml.MarkedYAMLError(
                problem=f"it is nested more than {MAX_DEPTH} deep",
                problem_mark=parent.start_mark if parent else None,
            )
        self._depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self._depth -= 1

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: dict[Hashable, int] = {}
        for key_node, _ in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                continue
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, Hashable):
                continue  # the safe loader itself says what is wrong
            if key in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"the key {key!r} is given twice, first in line {seen[key]}",
                    problem_mark=key_node.start_mark,
                )
            seen[key] = key_node.start_mark.line + 1
        return super().construct_mapping(node, deep)

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except (ValueError, OverflowError) as error:
            raise yaml.MarkedYAMLError(
                problem=f"{getattr(node, 'value', '')!r} cannot be: {error}",
                problem_mark=node.start_mark,
            ) from None


def parse_yaml(text: str | bytes, whence: str, error: type[InputError]) -> Any:
    """The one document in `text`; raises `error` with `whence` (a file's name) and the line."""
    try:
        return yaml.load(text, Loader=_StrictLoader)
    except yaml.MarkedYAMLError as wrong:
        mark = wrong.problem_mark or wrong.context_mark
        line = f", line {mark.line + 1}" if mark else ""
        raise error(f"{whence}{line}: this is not valid YAML: {wrong.problem}") from None
    except yaml.YAMLError as wrong:
        reason = " ".join(str(wrong).split())
        raise error(f"{whence}: this is not valid YAML: {reason}") from None


def read_mapping(path: Path, kind: str, error: type[InputError]) -> dict[str, Any]:
    """The mapping that a YAML file holds; `kind` (e.g. "scenario") says what it should be.

    Raises `error` in one sentence where the file is missing, unreadable, or something else.
    """
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        raise error(f"{path}: there is no such {kind} file") from None
    except IsADirectoryError:
        raise error(f"{path}: this is a folder; a {kind} is one YAML file") from None
    except (OSError, ValueError) as wrong:
        reason = getattr(wrong, "strerror", None) or wrong
        raise error(f"{path}: the {kind} file cannot be read: {reason}") from None
    content = parse_yaml(text, str(path), error)
    if not isinstance(content, dict):
        found = "is empty" if content is None else f"holds a {type(content).__name__}"
        raise error(f"{path}: the file {found}; a {kind} is a mapping of keys to values")
    return content
