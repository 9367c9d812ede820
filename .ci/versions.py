"""Build the site with each supported Python that is installed, and compare every file; a Python that is not is named.

    python .ci/versions.py

Left out are Pagefind's index, which is not the same twice even with one Python, and `.buildinfo`, Sphinx's own note of
its settings, which no page shows.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

REPOSITORY = Path(__file__).parents[1]
VERSIONS = "3.11", "3.12", "3.13"
NOT_COMPARED = {"pagefind", ".buildinfo"}


def interpreter(version: str) -> str | None:
    """Find a Python of a version that can make virtual environments; None where there is none."""
    places = [shutil.which(f"python{version}"), *sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))]
    probe = f"import ensurepip, venv, sys; assert sys.version_info[:2] == {tuple(map(int, version.split('.')))}"
    for place in filter(None, places):
        if subprocess.run([str(place), "-c", probe], capture_output=True, check=False).returncode == 0:
            return str(place)
    return None


def build(python: str, folder: Path) -> dict[str, str]:
    """Build in a new environment; give the digest of each file by its path."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("READTHEDOCS", "FOLIO"))}
    own = folder / "venv/bin/python"
    pages = folder / "html"
    for command in (
        [python, "-m", "venv", str(folder / "venv")],
        [own, "-m", "pip", "install", "-q", "--require-hashes", "-r", "requirements/docs.txt"],
        [own, "-m", "pip", "install", "-q", "--no-deps", "."],
        [
            own,
            "-m",
            "sphinx",
            "-b",
            "dirhtml",
            "-W",
            "--keep-going",
            "-q",
            "-d",
            str(folder / "trees"),
            "docs",
            str(pages),
        ],
    ):
        subprocess.run(command, cwd=REPOSITORY, check=True, env=environment)
    files = [
        path for path in pages.rglob("*") if path.is_file() and path.relative_to(pages).parts[0] not in NOT_COMPARED
    ]
    return {path.relative_to(pages).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def main() -> int:
    """Build and compare.

    Returns:
        0 if all that were built are the same, 1 if a file differs.
    """
    built: dict[str, dict[str, str]] = {}
    for version in VERSIONS:
        python = interpreter(version)
        if python is None:
            print(f"Python {version}: not installed, skipped")
            continue
        with TemporaryDirectory() as folder:
            built[version] = build(python, Path(folder))
        print(f"Python {version}: {len(built[version])} files", flush=True)
    first, *others = built
    for version in others:
        names = built[first].keys() | built[version].keys()
        if different := sorted(name for name in names if built[first].get(name) != built[version].get(name)):
            print(f"Python {version} differs from {first} in {len(different)} files: {', '.join(different[:5])}")
            return 1
    print(
        f"the same pages with Python {', '.join(built)}"
        if others
        else f"only Python {first} is there: nothing to compare"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
