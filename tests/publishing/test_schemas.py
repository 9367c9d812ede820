"""The published JSON Schemas: they take what the site takes, refuse what it refuses, and offer the names that exist."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from sphinx.testing.util import SphinxTestApp

from tests.conftest import ROOTS

POST: dict[str, Any] = {
    "title": "T",
    "dek": "D.",
    "date": "2026-11-22",
    "kind": "breakdown",
    "topics": ["distributed-systems"],
}


@pytest.fixture(scope="module")
def schemas(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    source = tmp_path_factory.mktemp("schemas") / "source"
    shutil.copytree(ROOTS / "test-post", source)
    app = SphinxTestApp("dirhtml", srcdir=source)
    app.build()
    app.cleanup()
    folder = Path(app.outdir) / "schemas"
    found = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("*.json")}
    for schema in found.values():
        jsonschema.Draft202012Validator.check_schema(schema)
    return found


def test_what_the_test_site_says_is_valid(schemas: dict[str, Any]) -> None:
    assert set(schemas) == {"post", "page", "profile"}
    for path in (ROOTS / "test-post/posts").glob("[!i]*.md"):
        front = yaml.load(path.read_text(encoding="utf-8").split("---")[1], Loader=yaml.BaseLoader)
        front |= {"part": int(front["part"])} if "part" in front else {}
        jsonschema.validate(front, schemas["post"])
    jsonschema.validate(yaml.safe_load((ROOTS / "shared/profile.yaml").read_text(encoding="utf-8")), schemas["profile"])


@pytest.mark.parametrize(
    "wrong",
    [{"topcs": []}, {"kind": "essay"}, {"topics": ["nonsense"]}, {"labs": ["nonsense"]}, {"part": 0}, {"title": ""}],
)
def test_what_the_site_refuses_is_refused(schemas: dict[str, Any], wrong: dict[str, Any]) -> None:
    jsonschema.validate(POST, schemas["post"])
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(POST | wrong, schemas["post"])


def test_an_editor_can_offer_names_and_show_what_a_key_means(schemas: dict[str, Any]) -> None:
    fields = schemas["post"]["properties"]
    assert "toy" in fields["labs"]["items"]["enum"]
    assert fields["series"]["anyOf"][0]["enum"] == ["first-series"]
    assert "one sentence" in fields["dek"]["description"]
    assert "Args" not in json.dumps(schemas)
    assert fields["part"]["description"]
