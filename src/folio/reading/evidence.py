"""The end of a post: what it rests on, then its notes and sources."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.transforms import SphinxTransform
from sphinx.util.docutils import SphinxDirective

from folio.model.library import Post
from folio.reading.citations import short_name
from folio.reading.domain import WritingDomain, writing
from folio.reading.library_views import library_view, view
from folio.reading.values import depend

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class EndMatter(SphinxDirective):
    """`end-matter`: the evidence box; every post gets one behind its last line."""

    def run(self) -> list[nodes.Node]:
        """Make the node, and note the records that the box shows."""
        docname, domain = self.env.docname, writing(self.env)
        front = domain.fronts.get(docname)
        if front is None:
            return []
        depend(docname, domain.records.profile_path.as_posix(), domain)
        for lab in getattr(front, "labs", ()):
            depend(docname, domain.records.results_path(lab).as_posix(), domain)
        return [view(self.env, "evidence.html", evidence_context, docname=docname, sources=[])]


def evidence_context(domain: WritingDomain, options: dict[str, Any]) -> dict[str, Any]:
    """Gather the facts, labs and sources of a post."""
    library, records = domain.library(), domain.records
    post = library.pages[options["docname"]]
    assert isinstance(post, Post)
    facts = records.profile.facts if records.profile else {}
    entries = domain.env.get_domain("cite").bibdata.data.entries  # type: ignore[attr-defined]
    found = [entries[key] for key in options["sources"] if key in entries]
    checked = Counter(entry.fields.get("checked", "") for entry in found)
    return {
        "post": post,
        "facts": [facts[key] for key in post.front.facts if key in facts],
        "labs": [(records.labs[name], library.lab_page(name)) for name in post.front.labs if name in records.labs],
        "sources": [short_name(entry) for entry in found],
        "checked": sorted(checked.items()),
        "experience": domain.env.config.folio_experience,
    }


class GatherNotes(SphinxTransform):
    """Gather footnotes and sources at the end of a page under their own heading, and tell the box of the sources."""

    default_priority = 910  # after MyST has moved its footnotes to the end

    def apply(self, **_options: object) -> None:
        """Move the notes."""
        for reference in list(self.document.findall(nodes.footnote_reference)):
            _close_up(reference)
        notes = list(self.document.findall(nodes.footnote))
        if not notes:
            return
        places = {id(note): note.parent for note in notes}
        for note in notes:
            places[id(note)].remove(note)
        for parent in places.values():
            if isinstance(parent, nodes.container) and not parent.children and parent.parent is not None:
                parent.parent.remove(parent)
        heading = nodes.rubric("", "Notes and sources", classes=["notes-heading"])
        notes.sort(key=lambda note: [int(part) if part.isdigit() else 0 for part in note[0].astext().split()])
        last = self.document[-1] if isinstance(self.document[-1], nodes.section) else self.document
        last.append(nodes.container("", heading, *notes, classes=["endnotes"]))
        keys = [
            name.removeprefix("footcite-") for note in notes for name in note["names"] if name.startswith("footcite-")
        ]
        for box in self.document.findall(library_view):
            if "sources" in box["view"].options:
                box["view"].options["sources"] = keys


def _close_up(reference: nodes.footnote_reference) -> None:
    """Take the white space away before a mark: it is written `word {footcite:p}`, and belongs to the word."""
    place = reference.parent.index(reference) - 1
    # By position: texts compare as strings, and a paragraph holds many that are only a line break.
    while place >= 0 and isinstance(reference.parent[place], nodes.Text):
        kept = reference.parent[place].astext().rstrip()
        reference.parent[place] = nodes.Text(kept)
        if kept:
            return
        place -= 1


def setup(app: Sphinx) -> None:
    """Register the directive and the transform."""
    app.add_directive("end-matter", EndMatter)
    app.add_transform(GatherNotes)
