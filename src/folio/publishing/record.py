"""The record to take away: `cv.pdf`, and `resume.json` in the JSON Resume schema."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import typst
from sphinx.util import logging

from folio.model.library import Library
from folio.model.profile import Line, Profile, in_a_row
from folio.publishing.drawings import light_colours
from folio.publishing.names import CV, RESUME
from folio.publishing.outputs import Outputs, address
from folio.publishing.typesetting import typesetter
from folio.reading.domain import writing

if TYPE_CHECKING:
    from collections.abc import Callable

    from sphinx.application import Sphinx

logger = logging.getLogger(__name__)

SCHEMA = "https://raw.githubusercontent.com/jsonresume/resume-schema/v1.0.0/schema.json"


def summary(profile: Profile) -> str:
    """Say in two sentences what the record adds up to, in its own words."""
    basics = profile.basics
    return (
        f"{basics.years} years of backend and platform systems: {in_a_row(basics.fields)}. "
        f"Domains so far: {in_a_row(basics.domains)}."
    )


def resume(profile: Profile, site: str) -> dict[str, Any]:
    """Write the record in the JSON Resume schema, version 1.0.0.

    Args:
        profile: the record.
        site: the absolute address of the site.

    Returns:
        The document; what is not known is left out.
    """
    basics = profile.basics
    known: dict[str, Any] = {
        "name": basics.name,
        "label": basics.label,
        "summary": summary(profile),
        "url": basics.url or site,
    }
    if basics.email:
        known["email"] = basics.email
    if basics.profiles:
        known["profiles"] = [item.model_dump(exclude_defaults=True) for item in basics.profiles]
    return {
        "$schema": SCHEMA,
        "basics": known,
        "work": [
            {
                "name": role.name,
                "position": role.position,
                "startDate": role.startDate,
                **({"endDate": role.endDate} if role.endDate else {}),
                "summary": role.summary,
                "highlights": [highlight(line) for line in role.lines],
            }
            for role in profile.work
        ],
        "education": [item.model_dump(exclude_none=True) for item in profile.education],
        "projects": [{"name": item.name, "description": item.description} for item in profile.projects],
        "skills": [{"name": item.name, "keywords": list(item.keywords)} for item in profile.skills],
        "meta": {"canonical": f"{site}{RESUME}", "version": "v1.0.0"},
    }


def highlight(line: Line) -> str:
    """Write a line of the record as one sentence or two, its outcome first."""
    return f"{line.plain(line.figure)} {line.label}. {line.plain(line.text)}"


def curriculum(
    profile: Profile, library: Library, site: str, language: str, where: Callable[[str], str]
) -> dict[str, Any]:
    """Put together what the CV shows.

    Args:
        profile: the record.
        library: for the case studies that stand.
        site: the absolute address of the site; one on this machine is not printed.
        language: the language of the site.
        where: gives the absolute address of a page.

    Returns:
        The data of the template `cv.typ`, its colours apart.
    """
    basics = profile.basics
    public = urlsplit(site).hostname not in {"127.0.0.1", "localhost", None}

    def evidence(line: Line) -> dict[str, str | None]:
        post = next((post for slug in line.case_studies if (post := library.post(slug))), None)
        return {"url": where(post.docname) if post else None, "link": "Case study"}

    contact = [
        *([{"name": basics.email, "url": f"mailto:{basics.email}"}] if basics.email else []),
        *([{"name": basics.url.removeprefix("https://").rstrip("/"), "url": basics.url}] if basics.url else []),
        *({"name": item.network, "url": item.url} for item in basics.profiles),
        *([{"name": site.partition("://")[2].rstrip("/"), "url": site}] if public and basics.url != site else []),
    ]
    return {
        "name": basics.name,
        "label": basics.label,
        "title": "curriculum vitae",
        "lang": language.partition("-")[0],
        "contact": contact,
        "summary": summary(profile),
        "work": [
            {
                "position": role.position,
                "name": role.name,
                "dates": role.dates,
                "summary": role.summary,
                "lines": [
                    {"figure": line.plain(line.figure), "label": line.label, "text": line.plain(line.text)}
                    | evidence(line)
                    for line in role.lines
                ],
            }
            for role in profile.work
        ],
        "education": [
            {
                "title": ", ".join(filter(None, [item.studyType, item.area])),
                "place": item.institution,
                "dates": item.dates,
            }
            for item in profile.education
        ],
        "projects": [
            {"name": item.name, "status": item.status, "description": item.description} for item in profile.projects
        ],
        "skills": [{"name": item.name, "keywords": ", ".join(item.keywords)} for item in profile.skills],
    }


def _publish(app: Sphinx, outputs: Outputs) -> None:
    domain, site = writing(app.env), app.config.html_baseurl
    profile = domain.records.profile
    if profile is None:
        return
    outputs.write(RESUME, json.dumps(resume(profile, site), ensure_ascii=False, indent=1) + "\n")
    colours = light_colours()
    shown = curriculum(profile, domain.library(), site, app.config.folio_language, lambda name: address(app, name))
    shown |= {name: colours[name] for name in ("ink", "quiet", "rule", "accent", "mark")}
    try:
        outputs.write(CV, typesetter(app).set("cv.typ", shown, "pdf"))
    except typst.TypstError as error:
        place = str(domain.records.profile_path)
        logger.warning("the CV cannot be set from it: %s", error, location=place, type="folio", subtype="cv")


def setup(app: Sphinx) -> None:
    """Register the handler."""
    app.connect("folio-site-finished", _publish)
