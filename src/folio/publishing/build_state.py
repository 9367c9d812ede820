"""A build that fails or is interrupted never looks finished, and the next one makes good what it left.

While a build runs, the home page is a notice that says so; the real one is put in its place only when all is written
and nothing warned that fails the build. What Sphinx does not do by itself: a page that warned is read again by the
next build (or that build would exit 0 with the fault still there), and after an interruption every page is.
"""

from __future__ import annotations

import copy
import hashlib
import json
import logging as standard_logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sphinx.util import logging

from folio.model.library import Post
from folio.publishing.kept import machinery
from folio.publishing.outputs import HTML_BUILDERS, Outputs, page_path, write_whole
from folio.reading.domain import writing

if TYPE_CHECKING:
    from collections.abc import Iterable, Set

    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

STATE = "folio-state.json"
"""Beside the doctrees: what became of the last build."""

NOTICE = "unfinished.html"
"""The template of the notice: it says that a build is under way, or what became of it."""


class WarningLog(standard_logging.Handler):
    """Remembers the warnings of a build: where each was, and what it said."""

    def __init__(self, app: Sphinx) -> None:
        super().__init__(standard_logging.WARNING)
        self.told: dict[tuple[str, str], None] = {}
        self.addFilter(logging.WarningSuppressor(app))
        self.addFilter(logging.WarningLogRecordTranslator(app))

    def handle(self, record: standard_logging.LogRecord) -> bool:
        """Look at a copy: Sphinx's filters rewrite the record, which other handlers are still to print."""
        return bool(super().handle(copy.copy(record)))

    def emit(self, record: standard_logging.LogRecord) -> None:
        """Remember a warning; one that is told twice counts once."""
        self.told[str(getattr(record, "location", "") or ""), record.getMessage()] = None


class BuildState:
    """The state of the build of one application, and what the last one left.

    Args:
        app: the application.
    """

    def __init__(self, app: Sphinx) -> None:
        self.app = app
        self.path = Path(app.doctreedir) / STATE
        self.held_home = Path(app.doctreedir) / f"folio-home.{app.builder.name}.html"  # as it was last written
        self.log = WarningLog(app)
        self.before = self._read()

    def _read(self) -> dict[str, Any]:
        """Read what the last build left; an unreadable file counts as an interruption."""
        try:
            state = json.loads(self.path.read_text(encoding="utf-8"))
            return state if isinstance(state, dict) else {"finished": False}
        except FileNotFoundError:
            return {"finished": not Path(self.app.outdir, "index.html").exists(), "warned": []}
        except (OSError, ValueError):
            return {"finished": False}

    def begin(self) -> None:
        """Say on disk that a build has begun, and take the home page away."""
        standard_logging.getLogger(logging.NAMESPACE).addHandler(self.log)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(json.dumps({"finished": False}), encoding="utf-8")
        self._write_notice(None, [])

    def to_read_again(self, env: BuildEnvironment) -> set[str]:
        """Tell which pages the last build leaves to be read again."""
        if not self.before.get("finished"):
            return set(env.found_docs)
        warned = self.before.get("warned", [])
        return set(env.found_docs) if None in warned else set(warned) & env.found_docs

    def end(self, exception: Exception | None) -> None:
        """Close the build: publish and show the home page if it went well.

        Args:
            exception: what ended the build early, or None.

        Raises:
            Whatever a publisher raises; the home page then stays a notice.
        """
        standard_logging.getLogger(logging.NAMESPACE).removeHandler(self.log)
        published = self.before.get("published", "")
        failed = exception is not None or (bool(self.log.told) and self.app._fail_on_warnings)  # what -W sets
        if failed or not self.held_home.exists():
            self._write_notice("This build failed.", [f"{where} {what}".strip() for where, what in self.log.told])
        else:
            outputs = Outputs(self.app)
            published_once = outputs.all_there()
            if not (published_once and self.app.config.folio_preview):  # the preview need not know what stands
                stands = self._what_stands()
                if not (published_once and stands == published):
                    self.app.emit("folio-site-finishing")
                    self.app.emit("folio-site-finished", outputs)
                    outputs.settle()
                    published = stands
            write_whole(page_path(self.app, self.app.config.root_doc), self.held_home.read_bytes())
        if exception is None:
            warned = sorted({self._docname(where) for where, _ in self.log.told}, key=str)
            self.path.write_text(
                json.dumps({"finished": True, "warned": warned, "published": published}), encoding="utf-8"
            )

    def _what_stands(self) -> str:
        """Digest all that publishers work from, so that they can rest when none of it is another."""
        app, domain = self.app, writing(self.app.env)
        digest = hashlib.sha256(machinery())
        settings = {item.name: item.value for item in app.config if item.name.startswith(("folio_", "html_", "ogp_"))}
        digest.update(repr([sorted(settings.items(), key=str), app.config.project, app.config.language]).encode())
        for docname, page in domain.library().pages.items():
            front = page.front if isinstance(page, Post) else None
            digest.update(repr((docname, page.title, page.dek, page.lab, front)).encode())
            digest.update(hashlib.sha256(page_path(app, docname).read_bytes()).digest())
        records = domain.records
        diagrams = Path(app.srcdir, app.config.folio_diagrams)
        for path in [records.profile_path, *files(records.results_folder), *files(diagrams), self.held_home]:
            digest.update(path.as_posix().encode() + (path.read_bytes() if path.is_file() else b""))
        return digest.hexdigest()

    def _docname(self, location: str) -> str | None:
        """Turn a warning's location into the page that is to be read again; None stands for all of them."""
        path = location.partition(":")[0]
        docname = self.app.env.path2doc(path) if path else None
        return docname if docname in self.app.env.all_docs else None

    def _write_notice(self, message: str | None, warnings: Iterable[str]) -> None:
        home = page_path(self.app, self.app.config.root_doc)
        home.parent.mkdir(parents=True, exist_ok=True)
        notice = self.app.builder.templates.render(NOTICE, {"message": message, "warnings": list(warnings)})
        home.write_text(notice, encoding="utf-8")


def files(folder: Path) -> list[Path]:
    """List the files below a folder in order; none where there is no folder."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


def setup(app: Sphinx) -> None:
    """Register the handlers; the state lives as long as the application."""
    states: list[BuildState] = []

    def begin(app: Sphinx) -> None:
        if app.builder.name in HTML_BUILDERS:
            states[:] = [BuildState(app)]
            states[0].begin()

    def outdated(_app: Sphinx, env: BuildEnvironment, *_sets: Set[str]) -> set[str]:
        return states[0].to_read_again(env) if states else set()

    def write_home_where_none_is_held(app: Sphinx, _env: BuildEnvironment) -> list[str]:
        return [app.config.root_doc] if states and not states[0].held_home.exists() else []

    def hold_home(app: Sphinx, pagename: str, template: str, context: dict[str, Any], _doctree: object) -> str | None:
        if not states or pagename != app.config.root_doc:
            return None
        states[0].held_home.write_text(app.builder.templates.render(template, context), encoding="utf-8")
        return NOTICE

    def end(app: Sphinx, exception: Exception | None) -> None:
        if states:
            states[0].end(exception)

    app.add_event("folio-site-finishing")
    app.add_event("folio-site-finished")
    app.add_config_value("folio_preview", False, "", types=(bool,))
    # A setting, so that Sphinx writes every page again after a change to the code that makes pages.
    app.add_config_value("folio_machinery", machinery().hex(), "html", types=(str,))
    app.connect("builder-inited", begin, priority=50)
    app.connect("env-get-outdated", outdated)
    app.connect("env-updated", write_home_where_none_is_held)
    app.connect("html-page-context", hold_home, priority=999)
    app.connect("build-finished", end, priority=900)
