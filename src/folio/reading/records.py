"""The profile and the labs' results, read once a build; what is wrong in them is told with file and line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sphinx.util import logging

from folio.model.profile import Profile
from folio.model.results import FILE, LabResults, ResultsFileError, load
from folio.model.schema import validate
from folio.model.yaml_source import YamlFaultError, parse

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Records:
    """What the pages bind to.

    Args:
        profile_path: the profile's file.
        results_folder: the folder that holds a folder for each lab.
        profile: the profile; None where its file cannot be used, which has been told.
        labs: the results of each lab by its name.
    """

    profile_path: Path
    results_folder: Path
    profile: Profile | None = None
    labs: dict[str, LabResults] = field(default_factory=dict)

    def results_path(self, lab: str) -> Path:
        """Where a lab's results are, whether or not it exists."""
        return self.results_folder / lab / FILE


def read(profile_path: Path, results_folder: Path) -> Records:
    """Read the profile and all results; warn, with file and line, of what cannot be used.

    Args:
        profile_path: the profile's file.
        results_folder: the folder that holds a folder for each lab.

    Returns:
        What could be read.
    """
    records = Records(profile_path, results_folder)
    records.profile = _read_profile(profile_path)
    for path, lab in _read_results(results_folder):
        if lab.lab == path.parent.name:
            records.labs[lab.lab] = lab
        else:
            _warn(path, 1, f"holds the results of {lab.lab!r}: expected those of {path.parent.name!r}, its folder")
    return records


def _read_profile(path: Path) -> Profile | None:
    try:
        source = parse(path.read_text(encoding="utf-8-sig"))
    except YamlFaultError as error:
        _warn(path, error.fault.line, error.fault.message)
        return None
    except (OSError, UnicodeDecodeError) as error:
        _warn(path, 1, f"cannot be read as UTF-8 text: {error}")
        return None
    profile, faults = validate(Profile, source)
    for fault in faults:
        _warn(path, fault.line, fault.message)
    return profile


def _read_results(folder: Path) -> Iterator[tuple[Path, LabResults]]:
    for path in sorted(folder.glob(f"*/{FILE}")):
        try:
            yield path, load(path)
        except ResultsFileError as error:
            _warn(path, 1, str(error))


def _warn(path: Path, line: int, message: str) -> None:
    logger.warning("%s", message, location=f"{path}:{line}", type="folio", subtype="record")
