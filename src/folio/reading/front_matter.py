"""From the head of a source file to a typed record; what MyST sees is a plain page with an H1."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sphinx.util import logging

from folio.model import front_matter as model
from folio.model.faults import Fault
from folio.model.schema import validate
from folio.model.typography import curled
from folio.model.yaml_source import YamlFaultError
from folio.reading.domain import writing
from folio.reading.values import expand_for

if TYPE_CHECKING:
    from sphinx.application import Sphinx

logger = logging.getLogger(__name__)

PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")

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
    for fault in sorted(faults):
        logger.warning("%s", fault.message, location=(docname, fault.line), type="folio", subtype="front_matter")
    if front is not None:
        domain.fronts[docname] = front
        domain.deks[docname] = curled(expand_for(docname, front.dek, domain, source.line(("dek",))))
    title = front.title if front is not None else docname
    match = model.FENCE.match(text)
    head, body = (match[0], text[match.end() :]) if match else ("", text.removeprefix("---"))
    heading = PUNCTUATION.sub(r"\\\1", " ".join(title.split()))
    content[0] = f"# {heading}\n" + "\n" * max(0, head.count("\n") - 1) + body + (END_MATTER if is_post else "")


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
    """Register the handler."""
    app.connect("source-read", _source_read)
