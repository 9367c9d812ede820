"""The picture that a link to a page unfolds into: one a page, drawn from its title and dek."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typst
from sphinx.util import logging

from folio.model.library import Library, Page, Post
from folio.publishing.drawings import light_colours
from folio.publishing.names import card_of
from folio.publishing.outputs import Outputs
from folio.publishing.typesetting import Typesetter, joined, typesetter
from folio.reading.domain import writing

if TYPE_CHECKING:
    from sphinx.application import Sphinx

logger = logging.getLogger(__name__)

FOOT = "every number can be traced"


def card(page: Page, library: Library, owner: str, language: str, colours: dict[str, str]) -> dict[str, Any]:
    """Put together what a card shows.

    Args:
        page: the page.
        library: for the labels of a post.
        owner: whose site it is.
        language: the language of the site.
        colours: the values of the tokens.

    Returns:
        The data of the template `card.typ`.
    """
    kicker = ""
    if isinstance(page, Post):
        labels = library.labelled(page)
        kicker = joined([labels.kind.name, labels.series.name if labels.series else ""])
    elif page.lab:
        kicker = "Lab"
    return {
        **{name: colours[name] for name in ("paper", "ink", "quiet", "rule", "accent", "mark")},
        "kicker": kicker,
        "title": page.title,
        "dek": page.dek,
        "owner": owner,
        "foot": FOOT,
        "lang": language.partition("-")[0],
    }


def draw(data: dict[str, Any], setter: Typesetter) -> tuple[bytes, list[str]]:
    """Draw a card.

    Args:
        data: what `card` gave.
        setter: sets it.

    Returns:
        A PNG of `CARD_WIDTH` by `CARD_HEIGHT` pixels, and the characters that could not be drawn and were left out.

    Raises:
        typst.TypstError: if the card cannot be drawn at all.
    """
    lost = setter.undrawable(data["title"] + data["dek"])
    if lost:
        data = data | {"title": setter.drawable(data["title"]), "dek": setter.drawable(data["dek"])}
    return setter.set("card.typ", data, "png"), lost


def _publish(app: Sphinx, outputs: Outputs) -> None:
    library, setter = writing(app.env).library(), typesetter(app)
    colours = light_colours()
    for docname, page in library.pages.items():
        data = card(page, library, app.config.project, app.config.folio_language, colours)
        try:
            drawn, lost = draw(data, setter)
        except typst.TypstError as error:
            logger.warning("its card cannot be drawn: %s", error, location=docname, type="folio", subtype="card")
            continue
        if lost:
            shown = ", ".join(f"{mark!r} (U+{ord(mark):04X})" for mark in lost)
            told = "its card leaves out what no font here can draw: %s; the page itself is not affected"
            logger.warning(told, shown, location=docname, type="folio", subtype="card")
        outputs.write(card_of(docname), drawn)


def setup(app: Sphinx) -> None:
    """Register the handler."""
    app.connect("folio-site-finished", _publish)
