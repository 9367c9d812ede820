"""From a pydantic complaint to a fault that an author can act on."""

from __future__ import annotations

from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from folio.model.faults import Fault, unknown
from folio.model.yaml_source import Located, Path

Model = TypeVar("Model", bound=BaseModel)


class Strict(BaseModel):
    """The base of every schema: immutable, and unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False, str_strip_whitespace=True)


def validate(model: type[Model], source: Located) -> tuple[Model | None, list[Fault]]:
    """Check parsed YAML against a schema.

    Args:
        model: the schema.
        source: the YAML with its lines.

    Returns:
        The typed record and no faults, or None and every fault with its line.
    """
    try:
        return model.model_validate(source.data), []
    except ValidationError as error:
        return None, sorted(_fault(model, source, dict(item)) for item in error.errors())


def _fault(model: type[BaseModel], source: Located, error: dict[str, Any]) -> Fault:
    path: Path = tuple(error["loc"])
    where = ".".join(str(part) for part in path)
    match error["type"]:
        case "extra_forbidden":
            message = unknown("key", str(path[-1]), _fields(model, path[:-1]))
        case "missing":
            message = f"the key {path[-1]!r} is missing: add it"
            path = path[:-1]
        case "tuple_type":
            message = f"{where}: expected a list, [one, another], not {error['input']!r}"
        case "too_short" if isinstance(error["input"], list):
            message = f"{where}: expected at least {error['ctx']['min_length']} of them, in brackets"
        case _:
            reason = str(error["msg"]).removeprefix("Value error, ")
            reason = reason[0].lower() + reason[1:]
            message = f"{where}: {reason}" if where else reason
            if not isinstance(error["input"], dict):
                message += f", not {error['input']!r}"
    return Fault(source.line(path), message)


def _fields(model: type[BaseModel], path: Path) -> list[str]:
    """List the keys that are allowed at a path."""
    current: Any = model
    for part in path:
        annotation = current.model_fields[part].annotation if isinstance(part, str) and _is_model(current) else current
        current = next((item for item in _unfold(annotation) if _is_model(item)), None)
        if current is None:
            return []
    return list(current.model_fields)


def _unfold(annotation: Any) -> list[Any]:
    return [annotation, *(inner for arg in get_args(annotation) for inner in _unfold(arg))]


def _is_model(item: Any) -> bool:
    return isinstance(item, type) and issubclass(item, BaseModel)
