"""The JSON Schemas of front matter and profile, for editors that complete and check YAML."""

from __future__ import annotations

import json
import re
from inspect import cleandoc
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from folio.model.front_matter import PageFront, PostFront
from folio.model.profile import Profile
from folio.reading.domain import writing

if TYPE_CHECKING:
    from pydantic import BaseModel
    from sphinx.application import Sphinx

    from folio.publishing.outputs import Outputs

SCHEMAS: dict[str, tuple[type[BaseModel], str]] = {
    "post": (PostFront, "Front matter of a post"),
    "page": (PageFront, "Front matter of a page"),
    "profile": (Profile, "The record: docs/profile.yaml"),
}


def schema(name: str, names: dict[str, list[str]], site: str) -> dict[str, Any]:
    """Make a schema.

    Args:
        name: a key of `SCHEMAS`.
        names: for each list of a post (`topics`, `series`, `labs`, `facts`) the names that exist, so that an editor
            can offer them.
        site: the absolute address of the site's root.

    Returns:
        The schema, JSON Schema 2020-12.
    """
    model, title = SCHEMAS[name]
    found = model.model_json_schema(mode="validation")
    for key, known in names.items() if name == "post" else ():
        field = found["properties"][key]
        target = field["items"] if field.get("type") == "array" else field["anyOf"][0]
        if known:
            target["enum"] = known
    _describe(found, model)
    for part in found.get("$defs", {}).values():
        _describe(part, None)
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": urljoin(site, f"schemas/{name}.json")}
    return head | found | {"title": title}


ARGUMENT = re.compile(r"^    (\w+(?:, \w+)*): (.+(?:\n {8}.+)*)", re.MULTILINE)


def _describe(found: dict[str, Any], model: type[BaseModel] | None) -> None:
    """Give each property what the record's docstring says of it, for an editor to show."""
    about, _, arguments = (cleandoc(model.__doc__ or "") if model else found.get("description", "")).partition(
        "\n\nArgs:\n"
    )
    for match in ARGUMENT.finditer(arguments.partition("\n\n")[0]):
        for key in match[1].split(", "):
            if key in found["properties"]:
                found["properties"][key].setdefault("description", " ".join(match[2].split()))
    if about:
        found["description"] = " ".join(about.split())


def _publish(app: Sphinx, outputs: Outputs) -> None:
    records = writing(app.env).records
    names = {
        "topics": [focus.slug for focus in records.profile.focus] if records.profile else [],
        "series": sorted(app.config.folio_series),
        "labs": sorted(records.labs),
        "facts": sorted(records.profile.facts) if records.profile else [],
    }
    for name in SCHEMAS:
        text = json.dumps(schema(name, names, app.config.html_baseurl), indent=1, ensure_ascii=False)
        outputs.write(f"schemas/{name}.json", text + "\n")


def setup(app: Sphinx) -> None:
    """Register the handler."""
    app.connect("folio-site-finished", _publish)
