"""What a new user meets first."""

from __future__ import annotations

import json
import re
import subprocess
import textwrap
import tomllib
from types import ModuleType

import yaml

from labs.kit.figure import files
from tests.conftest import REPOSITORY


def test_the_two_commands_stand_at_the_top_of_the_readme() -> None:
    commands = re.findall(r"```console\n(.*?)\n```", (REPOSITORY / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert commands[:2] == [
        'python3 -m pip install "nox[uv]" && python3 -m nox -s live',
        'python3 -m pip install "nox[uv]" && python3 -m nox -s tests',
    ]


def test_every_session_the_readme_names_exists_and_has_a_docstring() -> None:
    source = (REPOSITORY / "noxfile.py").read_text(encoding="utf-8")
    sessions = dict(re.findall(r'@nox\.session[^\n]*\ndef (\w+)\(.*?\n    """(.+?)"""', source))
    assert set(re.findall(r"`nox -s (\w+)[^`]*`", (REPOSITORY / "README.md").read_text(encoding="utf-8"))) == set(
        sessions
    )
    assert {"live", "docs", "tests", "lint", "labs", "linkcheck"} <= set(sessions)


def test_every_requirement_is_pinned_with_hashes_and_names_no_address() -> None:
    for path in (REPOSITORY / "requirements").glob("*.txt"):
        text = path.read_text(encoding="utf-8")
        assert "://" not in text, path
        for requirement in re.split(r"\n(?=\S)", re.sub(r"^\s*#.*\n?", "", text, flags=re.MULTILINE).strip()):
            assert "==" in requirement, (path, requirement)
            assert "--hash=sha256:" in requirement, (path, requirement)


def test_the_groups_are_those_that_are_pinned() -> None:
    groups = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]
    assert {path.stem for path in (REPOSITORY / "requirements").glob("*.txt")} == set(groups)


def test_whatever_a_group_asks_for_is_among_its_pins() -> None:
    groups = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]

    def wanted(group: str) -> set[str]:
        own = {re.match(r"[\w.-]+", item)[0].lower() for item in groups[group] if isinstance(item, str)}  # type: ignore[index]
        return own.union(*(wanted(item["include-group"]) for item in groups[group] if isinstance(item, dict)))

    for group in groups:
        text = (REPOSITORY / "requirements" / f"{group}.txt").read_text(encoding="utf-8")
        missing = wanted(group) - set(re.findall(r"^([\w.-]+)(?:\[[\w,]+\])?==", text, re.MULTILINE))
        assert not missing, f"run `nox -s pins`: {group} lacks {missing}"


def test_each_group_that_builds_the_site_holds_all_that_the_docs_need() -> None:
    def pinned(group: str) -> set[str]:
        text = (REPOSITORY / "requirements" / f"{group}.txt").read_text(encoding="utf-8")
        return set(re.findall(r"^([\w.-]+==\S+)", text, re.MULTILINE))

    for group in ("live", "tests", "lint"):
        assert pinned("docs") <= pinned(group), group
    assert pinned("labs") <= pinned("tests")


def test_read_the_docs_builds_as_the_docs_session_does() -> None:
    config = yaml.safe_load((REPOSITORY / ".readthedocs.yaml").read_text(encoding="utf-8"))
    assert config["version"] == 2
    assert config["sphinx"] == {"configuration": "docs/conf.py", "builder": "dirhtml", "fail_on_warning": True}
    assert config["python"]["install"][0] == {"requirements": "requirements/docs.txt"}


def test_the_model_knows_no_sphinx_and_nothing_knows_the_labs_code() -> None:
    package = REPOSITORY / "src" / "folio"
    for path in package.rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        imports = re.findall(r"^\s*(?:from|import) ([\w.]+)", source, re.MULTILINE)
        assert not any(name.split(".")[0] == "labs" for name in imports), path
        if "model" in path.parts:
            assert not any(name.split(".")[0] in {"sphinx", "docutils"} for name in imports), path
            assert not any(name.startswith(("folio.reading", "folio.publishing")) for name in imports), path
        if "reading" in path.parts:
            assert not any(name.startswith("folio.publishing") for name in imports), path
    for path in (REPOSITORY / "labs").rglob("*.py"):
        assert "import folio" not in path.read_text(encoding="utf-8")
        assert "from folio" not in path.read_text(encoding="utf-8")


def test_no_file_of_the_repository_names_a_place_outside_it() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=REPOSITORY, capture_output=True, text=True, check=True
    ).stdout.split("\0")
    for name in filter(None, listed):
        path = REPOSITORY / name
        if path.suffix in {".woff2", ".ttf", ".png"} or not path.is_file():
            continue
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"(?<![\w.])/(?:root|home)/\w", text), name


def test_what_contributing_shows_exists() -> None:
    text = (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8")
    results = REPOSITORY / "labs" / "results"
    for lab, key in re.findall(r"\{result\}`([\w-]+)\.([\w.]+)", text):
        assert key in json.loads((results / lab / "results.json").read_text(encoding="utf-8"))["results"], (lab, key)
    for path in re.findall(r"\{lab-figure\} ([\w/-]+)", text):
        assert (results / f"{path}.svg").is_file(), path
    for path in re.findall(r"\{diagram\} ([\w/-]+)", text):
        assert (REPOSITORY / "docs" / "diagrams" / f"{path}.svg").is_file(), path
    sources = (REPOSITORY / "docs" / "references.bib").read_text(encoding="utf-8")
    for key in re.findall(r"\{footcite:p\}`(\w+)`", text):
        assert f"{{{key}," in sources, key
    for term in re.findall(r"\{term\}`([^`]+)`", text):
        assert f"\n{term}\n" in (REPOSITORY / "docs" / "glossary.md").read_text(encoding="utf-8"), term
    for slug in re.findall(r"\[words\]\(([\w-]+\.md)\)", text):
        assert (REPOSITORY / "docs" / "posts" / slug).is_file(), slug


def test_the_lab_that_contributing_shows_runs_and_draws() -> None:
    text = (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8")
    shown = next(block for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if "LAB = Lab(" in block)
    lab = ModuleType("shown")
    exec(textwrap.dedent(shown), lab.__dict__)
    found = lab.run(lambda _share, _doing: None)
    drawn = files(lab.draw({key: item.value for key, item in found.items()}))
    assert sorted(drawn) == ["need.narrow.svg", "need.svg"]
    assert drawn["need.svg"].count("data-y=") == 3
