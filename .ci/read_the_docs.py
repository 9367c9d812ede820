"""Rehearse what Read the Docs does with this repository, in an environment as empty as its own.

It checks `.readthedocs.yaml` against the published schema, clones the last commit, makes a virtual environment with the
Python that the file names, installs what the file names and nothing else, and builds with the command and the
variables of Read the Docs (`readthedocs/doc_builder/` as of August 2026). Home and cache are empty folders.

    python .ci/read_the_docs.py OUTPUT [--pull-request]

The site ends up in `OUTPUT/html`. Only settings that say where packages come from (`PIP_*`, proxies, certificates) are
let through from the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import jsonschema
import yaml

REPOSITORY = Path(__file__).parents[1]
SCHEMA = REPOSITORY / "tests" / "publishing" / "schemas" / "read-the-docs-v2.json"
CANONICAL = "https://example.readthedocs.io/en/latest/"
LET_THROUGH = (
    "PIP_",
    "SSL_CERT",
    "REQUESTS_CA",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
)


def configuration() -> dict[str, Any]:
    """Read `.readthedocs.yaml`.

    Raises:
        jsonschema.ValidationError: if the published schema does not allow it.
    """
    config = yaml.safe_load((REPOSITORY / ".readthedocs.yaml").read_text(encoding="utf-8"))
    jsonschema.validate(config, json.loads(SCHEMA.read_text(encoding="utf-8")))
    return dict(config)


def interpreter(version: str) -> str:
    """Find the Python that the file names, or fall back on this one and say so."""
    places = [shutil.which(f"python{version}"), *sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))]
    for place in filter(None, places):
        probe = subprocess.run([str(place), "-c", "import venv"], capture_output=True, check=False)
        if probe.returncode == 0:  # a shim may be there without its Python
            return str(place)
    print(f"python{version} is not here: rehearsing with {sys.version.split()[0]} instead")
    return sys.executable


def variables(work: Path, output: Path, kind: str, commit: str) -> dict[str, str]:
    """Give the environment of a build: what Read the Docs sets, and an empty home."""
    kept = {name: value for name, value in os.environ.items() if name.startswith(LET_THROUGH)}
    version = "1" if kind == "external" else "latest"
    return kept | {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": str(work / "home"),
        "XDG_CACHE_HOME": str(work / "cache"),
        "LANG": "C.UTF-8",
        "READTHEDOCS": "True",
        "READTHEDOCS_VERSION": version,
        "READTHEDOCS_VERSION_TYPE": kind,
        "READTHEDOCS_VERSION_NAME": version,
        "READTHEDOCS_PROJECT": "example",
        "READTHEDOCS_LANGUAGE": "en",
        "READTHEDOCS_REPOSITORY_PATH": str(work / "checkout"),
        "READTHEDOCS_OUTPUT": str(output),
        "READTHEDOCS_GIT_COMMIT_HASH": commit,
        "READTHEDOCS_CANONICAL_URL": CANONICAL.replace("latest", version),
        "READTHEDOCS_VIRTUALENV_PATH": str(work / "env"),
    }


def run(command: list[str], folder: Path, environment: dict[str, str]) -> None:
    """Print a command and run it; a failure ends the rehearsal as it would end the build."""
    print("$", " ".join(command).replace(str(folder), "."), flush=True)
    subprocess.run(command, cwd=folder, env=environment, check=True)


def install_steps(config: dict[str, Any], python: str) -> list[list[str]]:
    """List the install commands, in the order and with the options of Read the Docs."""
    pip = [python, "-m", "pip", "install", "--upgrade", "--no-cache-dir", "--quiet", "--disable-pip-version-check"]
    steps = [[*pip, "pip", "setuptools"], [*pip, "sphinx"]]
    for item in config["python"]["install"]:
        if "requirements" in item:
            steps.append(
                [
                    python,
                    "-m",
                    "pip",
                    "install",
                    "--exists-action=w",
                    "--no-cache-dir",
                    "--quiet",
                    "-r",
                    item["requirements"],
                ]
            )
        else:
            steps.append([*pip, "--upgrade-strategy", "only-if-needed", item["path"]])
    return steps


def main() -> None:
    """Rehearse."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("output", type=Path)
    parser.add_argument("--pull-request", action="store_true", help="build as for a pull request: drafts, not indexed")
    options = parser.parse_args()
    output = options.output.resolve()
    shutil.rmtree(output, ignore_errors=True)
    config = configuration()
    with TemporaryDirectory() as folder:
        work = Path(folder)
        for name in ("home", "cache"):
            (work / name).mkdir()
        git = ["git", "-C", str(REPOSITORY)]
        commit = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
        if subprocess.run([*git, "status", "--porcelain"], capture_output=True, text=True, check=True).stdout:
            print("what is not committed takes no part: Read the Docs would not see it either")
        checkout = work / "checkout"
        subprocess.run(["git", "clone", "--quiet", "--depth", "1", REPOSITORY.as_uri(), str(checkout)], check=True)
        environment = variables(work, output, "external" if options.pull_request else "branch", commit)
        run([interpreter(str(config["build"]["tools"]["python"])), "-m", "venv", str(work / "env")], work, environment)
        python = str(work / "env" / "bin" / "python")
        for step in install_steps(config, python):
            run(step, checkout, environment)
        sphinx = config["sphinx"]
        strict = ["-W", "--keep-going"] if sphinx.get("fail_on_warning") else []
        options_ = ["-T", *strict, "-b", sphinx["builder"], "-d", "_build/doctrees", "-D", "language=en"]
        source = checkout / Path(sphinx["configuration"]).parent
        run([python, "-m", "sphinx", *options_, ".", str(output / "html")], source, environment)
    print(f"built {output / 'html'}")


if __name__ == "__main__":
    main()
