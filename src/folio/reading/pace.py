"""What makes a build quicker and changes nothing in it."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import FileSystemBytecodeCache

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config

TEMPLATES = "folio-templates"

THRESHOLDS = 100_000, 20, 20
"""New objects before the cyclic collector looks at the youngest, and looks at these before one at the older ones.

A doctree is hundreds of thousands of objects that live until it is written. With Python's own figures the collector
walks over them again and again while they are read, kept and loaded, and finds hardly anything.
"""


def _collect_less_often(app: Sphinx, _config: Config) -> None:
    before = gc.get_threshold()
    gc.set_threshold(*THRESHOLDS)
    app.connect("build-finished", lambda *_arguments: gc.set_threshold(*before), priority=999)


def _keep_compiled_templates(app: Sphinx) -> None:
    """Keep the templates' bytecode, which Jinja checks against a digest of their source."""
    if app.builder.format == "html":
        folder = Path(app.doctreedir) / TEMPLATES
        folder.mkdir(parents=True, exist_ok=True)
        app.builder.templates.environment.bytecode_cache = FileSystemBytecodeCache(str(folder))


def setup(app: Sphinx) -> None:
    """Register the handlers, the first of them before there is an environment to load."""
    app.connect("config-inited", _collect_less_often, priority=1)
    app.connect("builder-inited", _keep_compiled_templates)
