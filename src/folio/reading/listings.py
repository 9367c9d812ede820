"""Directives that list pieces, topics and labs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from folio.model.faults import unknown
from folio.model.front_matter import KINDS
from folio.model.library import by_year
from folio.model.tracing import total
from folio.reading.domain import WritingDomain, writing
from folio.reading.library_views import view

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment
    from sphinx.util.typing import OptionSpec

logger = logging.getLogger(__name__)

FEATURED, STATISTICS = "featured.html", "statistics.html"


class Posts(SphinxDirective):
    """`posts`: pieces, newest first; by `kind`, `topic` or `year`, the newest `limit`, `by-year` under years.

    With `series` they are the parts of a series, in their order.
    """

    option_spec: ClassVar[OptionSpec] = {
        "kind": directives.unchanged,
        "topic": directives.unchanged,
        "series": directives.unchanged,
        "year": directives.nonnegative_int,
        "limit": directives.positive_int,
        "by-year": directives.flag,
    }

    def run(self) -> list[nodes.Node]:
        """Check the options; list nothing where one is wrong, which is told."""
        profile = writing(self.env).records.profile
        asked = self.options.get("topic", "")
        # A profile that cannot be read has been told, and not each name that it would hold.
        topics = [focus.slug for focus in profile.focus] if profile else [asked]
        series = list(self.config.folio_series)
        for option, known in (("kind", list(KINDS)), ("topic", topics), ("series", series)):
            value = self.options.get(option)
            if value is not None and value not in known:
                message = unknown(option, value, known)
                logger.warning("%s", message, location=self.get_location(), type="folio", subtype="listing")
                return []
        return [
            view(self.env, "listing.html", posts_context, **{"by-year": "by-year" in self.options, **self._filters()})
        ]

    def _filters(self) -> dict[str, Any]:
        return {name: self.options.get(name) for name in ("kind", "topic", "series", "year", "limit")}


def posts_context(domain: WritingDomain, options: dict[str, Any]) -> dict[str, Any]:
    """List the posts that the options ask for, under years where they ask for that, each with its labels."""
    library = domain.library()
    if options["series"]:
        posts = library.series(options["series"])
    else:
        posts = library.posts(options["kind"], options["topic"], options["year"])
    posts = posts[: options["limit"]]
    groups = by_year(posts) if options["by-year"] else [(None, posts)]
    return {
        "groups": [(year, [library.labelled(post) for post in of_year]) for year, of_year in groups],
        "in_series": bool(options["series"]),
    }


class Topics(SphinxDirective):
    """`topics`: the focuses of the writing, each linked to its page once it has one, with the number of pieces."""

    def run(self) -> list[nodes.Node]:
        """Make the list."""
        return [view(self.env, "topics.html", topics_context)]


def topics_context(domain: WritingDomain, _options: dict[str, Any]) -> dict[str, Any]:
    """Give the topics with their counts and pages."""
    library = domain.library()
    return {
        "topics": [(library.label("topics", slug, name), count) for slug, name, count in library.topics_with_counts]
    }


class Series(SphinxDirective):
    """`series`: every series that has parts, linked to its page, with its parts in order."""

    def run(self) -> list[nodes.Node]:
        """Make the list."""
        return [view(self.env, "series.html", series_context)]


def series_context(domain: WritingDomain, _options: dict[str, Any]) -> dict[str, Any]:
    """Give each series that has parts: its label and its posts, in the order of the configuration."""
    library = domain.library()
    with_parts = [
        (library.label("series", key, name), library.series(key)) for key, name in library.series_names.items()
    ]
    return {"series": [(label, posts) for label, posts in with_parts if posts]}


class Featured(SphinxDirective):
    """`featured SLUG`: one piece, its title and dek beside the content of the directive, which is its figure."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Put the piece and its figure side by side."""
        container = nodes.container(classes=["featured"])
        container += view(self.env, FEATURED, featured_context, slug=self.arguments[0])
        figure = nodes.container(classes=["featured-figure"])
        self.state.nested_parse(self.content, self.content_offset, figure)
        container += figure
        return [container]


def featured_context(domain: WritingDomain, options: dict[str, Any]) -> dict[str, Any]:
    """Find the piece; a slug that does not exist draws nothing."""
    library = domain.library()
    post = library.post(options["slug"])
    return {"item": library.labelled(post) if post else None}


def _check_featured(_app: Sphinx, env: BuildEnvironment) -> None:
    """Tell of a featured piece that does not exist."""
    library = writing(env).library()
    for docname, parts in writing(env).showing.items():
        for slug in (part.options["slug"] for part in parts if part.template == FEATURED):
            if library.post(slug) is None:
                message = unknown("post", slug, [post.slug for post in library.posts()])
                logger.warning("%s", message, location=docname, type="folio", subtype="featured")


class Labs(SphinxDirective):
    """`labs`: every lab that has a page: its question, when it was reproduced, what reads it."""

    def run(self) -> list[nodes.Node]:
        """Make the list; every lab's results may change it."""
        domain = writing(self.env)
        for name in domain.records.labs:
            self.env.note_dependency(domain.records.results_path(name).as_posix())
        return [view(self.env, "labs.html", labs_context)]


def labs_context(domain: WritingDomain, _options: dict[str, Any]) -> dict[str, Any]:
    """Give each lab with its page and the pieces that rest on it."""
    library = domain.library()
    labs = [
        (lab, library.lab_page(name), library.readers_of_lab(name)) for name, lab in sorted(domain.records.labs.items())
    ]
    return {"labs": labs}


class Statistics(SphinxDirective):
    """`statistics`: what the site counts of itself, and every assumption that its pieces make."""

    def run(self) -> list[nodes.Node]:
        """Make the tables."""
        return [view(self.env, STATISTICS, statistics_context)]


def statistics_context(domain: WritingDomain, _options: dict[str, Any]) -> dict[str, Any]:
    """Count pieces, words, labs and what the quantities of all pages rest on."""
    library = domain.library()
    return {
        "posts": library.posts(),
        "words": sum(post.words for post in library.posts()),
        "labs": domain.records.labs,
        "traces": total(page.traces for page in library.pages.values()),
        "assuming": [(page, page.traces.assumptions) for page in library.pages.values() if page.traces.assumptions],
    }


def setup(app: Sphinx) -> None:
    """Register the directives and a check that needs the whole library."""
    app.add_directive("posts", Posts)
    app.add_directive("topics", Topics)
    app.add_directive("series", Series)
    app.add_directive("featured", Featured)
    app.add_directive("labs", Labs)
    app.add_directive("statistics", Statistics)
    app.connect("env-check-consistency", _check_featured)
