"""The hash that tells whether stored results still belong to the code that is there."""

from __future__ import annotations

import ast
import hashlib
import re
from pathlib import Path

from labs.kit.lab import Lab

LABS = Path(__file__).resolve().parents[1]
PINS = LABS.parent / "requirements" / "labs.txt"


def staleness_hash(lab: Lab, folder: Path = LABS, pins: Path = PINS) -> str:
    """Hash all that a lab's results depend on.

    Args:
        lab: the lab.
        folder: the `labs` folder, which holds the lab's module.
        pins: the requirements file that pins the engines.

    Returns:
        `sha256:` and 64 hexadecimal digits, over the module's source, the source of the `labs` modules that it
        imports (the kit apart, which draws and stores but decides no number), its inputs and its engines' pins.

    Raises:
        FileNotFoundError: if the module or an input does not exist.
        ValueError: if an engine is not pinned.
    """
    digest = hashlib.sha256()
    module = folder / f"{lab.name.replace('-', '_')}.py"
    for path in [*sorted(_sources(module, folder)), *(folder / name for name in lab.inputs)]:
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0")
        digest.update(path.read_bytes().replace(b"\r\n", b"\n") + b"\0")
    for engine, version in engine_pins(lab.engines, pins).items():
        digest.update(f"{engine}=={version}\0".encode())
    return f"sha256:{digest.hexdigest()}"


def engine_pins(engines: tuple[str, ...], pins: Path = PINS) -> dict[str, str]:
    """Look up the pinned version of each engine.

    Args:
        engines: names of PyPI distributions.
        pins: the requirements file.

    Returns:
        Version by name, in the order given.

    Raises:
        ValueError: if one of them is not pinned there.
    """
    pinned = dict(re.findall(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", pins.read_text(encoding="utf-8"), re.MULTILINE))
    if missing := [name for name in engines if name not in pinned]:
        raise ValueError(f"{pins.name} pins no version of {', '.join(missing)}: add it to the group labs and pin again")
    return {name: pinned[name] for name in engines}


def _sources(module: Path, folder: Path) -> set[Path]:
    """Collect the module and every `labs` module that it imports, directly or not."""
    found: set[Path] = set()
    waiting = [module]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("labs"):
                names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            else:
                continue
            for name in names:
                imported = folder.parent / f"{name.replace('.', '/')}.py"
                if name.startswith("labs.") and not name.startswith("labs.kit") and imported.is_file():
                    waiting.append(imported)
    return found
