"""The domain that keeps what is known of every page, and the library made of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, cast

from sphinx.domains import Domain

from folio.model.front_matter import PageFront, PostFront
from folio.model.library import Library, Page
from folio.reading.harvest import page_of
from folio.reading.navigation import Group, outline
from folio.reading.records import Records, read

if TYPE_CHECKING:
    from collections.abc import Iterable, Set

    from docutils import nodes
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

    from folio.reading.library_views import View


class WritingDomain(Domain):
    """Front matter and pages by docname, and which pages show the library.

    `records` is not part of the environment: it is read anew at the start of each build.
    """

    name = "writing"
    label = "Writing"
    data_version = 5
    initial_data: ClassVar[dict[str, Any]] = {
        **{"fronts": {}, "deks": {}, "pages": {}, "showing": {}, "views": {}},
        "shape": "",
    }
    records: Records
    _library: Library | None = None
    _outline: tuple[Group, ...] | None = None

    @property
    def fronts(self) -> dict[str, PostFront | PageFront]:
        """Valid front matter by docname."""
        return cast("dict[str, PostFront | PageFront]", self.data["fronts"])

    @property
    def deks(self) -> dict[str, str]:
        """Deks by docname, every binding filled in."""
        return cast("dict[str, str]", self.data["deks"])

    @property
    def pages(self) -> dict[str, Page]:
        """Pages and posts by docname."""
        return cast("dict[str, Page]", self.data["pages"])

    @property
    def showing(self) -> dict[str, list[View]]:
        """The parts of each page that show something of the library: written again when they look different."""
        return cast("dict[str, list[View]]", self.data["showing"])

    @property
    def views(self) -> dict[str, str]:
        """A digest of what each page showed of other pages when it was last written."""
        return cast("dict[str, str]", self.data["views"])

    @property
    def shape(self) -> str:
        """A digest of all that pages show of other pages, as it was when `views` were last made."""
        return cast("str", self.data["shape"])

    @shape.setter
    def shape(self, digest: str) -> None:
        self.data["shape"] = digest

    def library(self) -> Library:
        """Put the pages together; complete once all have been read, and made anew only when a page has changed."""
        if self._library is not None:
            return self._library
        topics = {focus.slug: focus.name for focus in self.records.profile.focus} if self.records.profile else {}
        self._library = Library(dict(sorted(self.pages.items())), topics, dict(self.env.config.folio_series))
        return self._library

    def outline(self) -> tuple[Group, ...]:
        """Make the tree of the site; like the library, once for all pages."""
        if self._outline is None:
            self._outline = outline(self.env, self.library())
        return self._outline

    def _forget(self) -> None:
        self._library = self._outline = None

    def clear_doc(self, docname: str) -> None:
        """Forget a page."""
        self._forget()
        self.fronts.pop(docname, None)
        self.deks.pop(docname, None)
        self.pages.pop(docname, None)
        self.showing.pop(docname, None)
        self.views.pop(docname, None)

    def merge_domaindata(self, docnames: Set[str], otherdata: dict[str, Any]) -> None:
        """Take over what another process has read."""
        self._forget()
        self.fronts.update({name: item for name, item in otherdata["fronts"].items() if name in docnames})
        self.deks.update({name: item for name, item in otherdata["deks"].items() if name in docnames})
        self.pages.update({name: item for name, item in otherdata["pages"].items() if name in docnames})
        self.showing.update({name: item for name, item in otherdata["showing"].items() if name in docnames})

    def process_doc(self, env: BuildEnvironment, docname: str, document: nodes.document) -> None:
        """Keep what the library needs of a page that was just read."""
        front = self.fronts.get(docname)
        self._forget()
        if front is not None:
            self.pages[docname] = page_of(document, docname, front, self.deks[docname])

    def resolve_any_xref(self, *_args: Any, **_options: Any) -> list[Any]:
        """Offer nothing to `any`: pages are linked by path."""
        return []

    def get_objects(self) -> Iterable[Any]:
        """List nothing in the inventory: pages stand there already."""
        return ()


def writing(env: BuildEnvironment) -> WritingDomain:
    """Get the domain of an environment."""
    return cast("WritingDomain", env.get_domain("writing"))


def _builder_inited(app: Sphinx) -> None:
    results = (Path(app.confdir) / app.config.folio_results).resolve()
    writing(app.env).records = read(Path(app.srcdir) / app.config.folio_profile, results)


def setup(app: Sphinx) -> None:
    """Register the domain; its records are read as soon as there is an environment."""
    app.add_domain(WritingDomain)
    app.connect("builder-inited", _builder_inited, priority=100)
