"""YAML with the line of every key, so that a fault can name it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import yaml

from folio.model.faults import Fault

Path: TypeAlias = tuple[str | int, ...]
"""Where a value is: keys and list positions from the outside in, as pydantic's `loc` has them."""


class YamlFaultError(ValueError):
    """The text is not YAML that can be used."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Located:
    """Parsed YAML that remembers its lines.

    Args:
        data: the outermost mapping.
        lines: the line of each key or item, by path.
        first: the line of the mapping itself.
    """

    data: dict[str, Any]
    lines: dict[Path, int] = field(default_factory=dict)
    first: int = 1

    def line(self, path: Path) -> int:
        """Find the line of a path, or of the nearest thing around it that has one."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, self.first)


class _Loader(yaml.SafeLoader):
    """YAML's safe loader that leaves an impossible date as text, so that the schema can say where it is."""

    def construct_yaml_timestamp(self, node: yaml.ScalarNode) -> Any:
        """Make a date; text where there is no such day."""
        try:
            return super().construct_yaml_timestamp(node)
        except ValueError:
            return node.value


_Loader.add_constructor("tag:yaml.org,2002:timestamp", _Loader.construct_yaml_timestamp)


def parse(text: str, first_line: int = 1) -> Located:
    """Parse a YAML mapping.

    Args:
        text: the YAML.
        first_line: the line of the file on which the text begins, counted from 1.

    Returns:
        The mapping and its lines.

    Raises:
        YamlFaultError: if it is not valid YAML, repeats a key, or is not a mapping.
    """
    try:
        loader = _Loader(text)
    except yaml.reader.ReaderError as error:
        line = first_line + text.count("\n", 0, error.position)
        raise YamlFaultError(Fault(line, f"not text that YAML allows: {error.reason}")) from error
    try:
        node = loader.get_single_node()
        if node is None:
            return Located({}, {}, first_line)
        if not isinstance(node, yaml.MappingNode):
            raise YamlFaultError(Fault(first_line + node.start_mark.line, "expected `key: value` lines"))
        lines = {path: first_line + mark for path, mark in _lines(node, ())}
        data = loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise YamlFaultError(
            Fault(
                first_line + (mark.line if mark else 0),
                f"not valid YAML: {error.problem}; quote text that holds `: ` or `#`",
            )
        ) from error
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError) as error:
        raise YamlFaultError(Fault(first_line, f"not valid YAML: {error}")) from error
    finally:
        loader.dispose()
    if not isinstance(data, dict) or not all(isinstance(key, str) for key in data):
        raise YamlFaultError(Fault(first_line, "expected keys that are words"))
    return Located(data, lines, first_line)


def _lines(node: yaml.Node, path: Path) -> Iterator[tuple[Path, int]]:
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.MarkedYAMLError(problem="a key must be a word", problem_mark=key.start_mark)
            if key.value in seen:
                raise yaml.MarkedYAMLError(problem=f"the key {key.value!r} stands twice", problem_mark=key.start_mark)
            seen.add(key.value)
            yield (*path, key.value), key.start_mark.line
            yield from _lines(value, (*path, key.value))
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield (*path, index), item.start_mark.line
            yield from _lines(item, (*path, index))
