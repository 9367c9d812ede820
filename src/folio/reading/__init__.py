"""Sphinx glue while sources are read and pages are made."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from folio.model.typography import day, day_of_year
from folio.reading import (
    bound_values,
    citations,
    domain,
    drafts,
    evidence,
    figures,
    front_matter,
    html_mends,
    lab_pages,
    library_views,
    listings,
    mathml,
    notes,
    pace,
    page,
    profile_pages,
    published,
    staleness,
    stylesheet,
)

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config

HOUSE = Path(__file__).parents[1]
TEMPLATES = HOUSE / "templates"


def env_version() -> int:
    """Number the form of what is kept in the environment, so that other code never reads what this code has kept.

    Returns:
        A number made of the code of `model` and `reading`: after a change to it Sphinx reads every page anew.
    """
    sources = sorted((HOUSE / "model").glob("*.py")) + sorted((HOUSE / "reading").glob("*.py"))
    return int(hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:8], 16)


def _add_templates(_app: Sphinx, config: Config) -> None:
    # A new list, since Sphinx's default is one object for all applications of a process.
    config.templates_path = [*config.templates_path, str(TEMPLATES)]


def _add_filters(app: Sphinx) -> None:
    if app.builder.format == "html":
        app.builder.templates.environment.filters.update(day=day, day_of_year=day_of_year)


def setup(app: Sphinx) -> None:
    """Register everything that takes part while pages are read and made."""
    app.add_config_value("folio_profile", "profile.yaml", "env", types=(str,))
    app.add_config_value("folio_results", "../labs/results", "env", types=(str,))
    app.add_config_value("folio_diagrams", "diagrams", "env", types=(str,))
    app.add_config_value("folio_posts", "posts", "env", types=(str,))
    app.add_config_value("folio_experience", "experience/index", "env", types=(str,))
    app.add_config_value("folio_series", {}, "env", types=(dict,))
    app.add_config_value("folio_bar", [], "html", types=(list,))
    app.add_config_value("folio_language", "en-GB", "env", types=(str,))
    app.add_config_value("folio_drafts", False, "env", types=(bool,))
    app.connect("config-inited", _add_templates)
    app.connect("builder-inited", _add_filters)
    for part in (
        pace,
        domain,
        drafts,
        front_matter,
        bound_values,
        citations,
        figures,
        notes,
        lab_pages,
        library_views,
        listings,
        profile_pages,
        published,
        evidence,
        mathml,
        html_mends,
        staleness,
        page,
        stylesheet,
    ):
        part.setup(app)
