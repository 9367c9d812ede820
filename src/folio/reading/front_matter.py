"""From the head of a source file to a typed record; what MyST sees is a plain page with an H1."""

from __future__ import annotations

import re
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from sphinx.util import logging

from folio.model import front_matter as model
from folio.model.faults import Fault
from folio.model.fences import unclosed
from folio.model.profile import in_a_row
from folio.model.schema import validate
from folio.model.typography import curled
from folio.model.yaml_source import YamlFaultError
from folio.reading.domain import writing
from folio.reading.values import expand_for

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

logger = logging.getLogger(__name__)

PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")

WITH_RAW_HTML = "---\nmyst: {disable_syntax: []}\n---\n"
"""Switches on for one page what `myst_disable_syntax` switches off."""

END_MATTER = """

```{end-matter}
```

```{footbibliography}
```
"""
"""What follows the author's last line of a post: the evidence box, then the sources that were cited."""


def _source_read(app: Sphinx, docname: str, content: list[str]) -> None:
    """Validate the front matter, keep it, and hand the rest on with every line where it was."""
    domain = writing(app.env)
    text = content[0].removeprefix("\ufeff").replace("\r\n", "\n")
    is_post = docname.startswith(f"{app.config.folio_posts}/") and not docname.endswith("/index")
    faults: list[Fault] = []
    front: model.PostFront | model.PageFront | None = None
    try:
        source = model.read(text)
    except YamlFaultError as error:
        faults = [error.fault]
    else:
        if is_post:
            front, faults = validate(model.PostFront, source)
            if front is not None:
                faults = model.unknown_names(front, _vocabulary(app), source)
        else:
            front, faults = validate(model.PageFront, source)
    faults = [*faults, *unclosed(text), *_outside(app, docname)]
    for fault in sorted(faults):
        logger.warning("%s", fault.message, location=(docname, fault.line), type="folio", subtype="front_matter")
    if front is not None:
        domain.fronts[docname] = front
        domain.deks[docname] = curled(expand_for(docname, front.dek, domain, source.line(("dek",))))
    title = front.title if front is not None else docname
    match = model.FENCE.match(text)
    head, body = (match[0], text[match.end() :]) if match else ("", text.removeprefix("---"))
    top = WITH_RAW_HTML if front is not None and front.raw_html else ""
    heading = PUNCTUATION.sub(r"\\\1", " ".join(title.split()))
    top += f"# {heading}\n"
    content[0] = top + "\n" * max(0, head.count("\n") - top.count("\n")) + body + (END_MATTER if is_post else "")


def _leave_out_what_is_no_text(app: Sphinx, _env: BuildEnvironment, docnames: list[str]) -> None:
    """Tell of sources that are not UTF-8, with their line, and read the others."""
    for docname in list(docnames):
        data = Path(app.env.doc2path(docname)).read_bytes()
        try:
            data.decode("utf-8")
        except UnicodeDecodeError as error:
            docnames.remove(docname)
            app.project.docnames.discard(docname)  # so that nothing is written of it either
            place = (app.env.doc2path(docname), data.count(b"\n", 0, error.start) + 1)
            told = f"not UTF-8 text (the byte {data[error.start]:#04x}): save the file as UTF-8"
            logger.warning("%s", told, location=":".join(map(str, place)), type="folio", subtype="front_matter")


def _no_raw_markup(app: Sphinx) -> None:
    """Switch the directive `raw` off: what it holds would go into the page as it stands."""
    app.env.settings["raw_enabled"] = False


def _outside(app: Sphinx, docname: str) -> list[Fault]:
    """Find out whether a source is a link that leads out of the sources, where it could change unnoticed."""
    path = Path(app.env.doc2path(docname))
    if path.resolve().is_relative_to(Path(app.srcdir).resolve()):
        return []
    return [Fault(1, f"a link to {path.resolve()}, outside of the sources: put the file itself here")]


def _check_series(app: Sphinx, env: BuildEnvironment) -> None:
    """Tell of two posts that are the same part of a series; each is told where it says so."""
    library = writing(env).library()
    for key in app.config.folio_series:
        for part, same in groupby(library.series(key), key=lambda post: post.front.part):
            posts = list(same)
            for post in posts if len(posts) > 1 else ():
                line = model.read(Path(env.doc2path(post.docname)).read_text(encoding="utf-8")).line(("part",))
                others = in_a_row(tuple(other.docname for other in posts if other is not post))
                message = f"part {part} of {key!r} is {others} too: every part stands once"
                place = (post.docname, line)
                logger.warning("%s", message, location=place, type="folio", subtype="front_matter")


def _vocabulary(app: Sphinx) -> model.Vocabulary:
    records = writing(app.env).records
    profile = records.profile
    return model.Vocabulary(
        topics=[focus.slug for focus in profile.focus] if profile else _Anything(),
        series=list(app.config.folio_series),
        labs=list(records.labs),
        facts=list(profile.facts) if profile else _Anything(),
    )


class _Anything(frozenset[str]):
    """Holds every name: where the profile cannot be read, that has been told, and not each name that it would hold."""

    def __contains__(self, _name: object) -> bool:
        return True


def setup(app: Sphinx) -> None:
    """Register the handlers."""
    app.connect("builder-inited", _no_raw_markup)
    app.connect("env-before-read-docs", _leave_out_what_is_no_text)
    app.connect("source-read", _source_read)
    app.connect("env-check-consistency", _check_series)
