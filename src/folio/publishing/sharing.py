"""What a page tells programs about itself in its head: Open Graph, JSON-LD, its feeds and its Markdown."""

from __future__ import annotations

import json
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from folio.model.front_matter import PageFront
from folio.model.library import Labelled, Library, Page, Post
from folio.model.profile import Profile
from folio.model.results import LabResults
from folio.publishing.names import ATOM, CARD_HEIGHT, CARD_WIDTH, JSON, RESUME, card_of, twin_of
from folio.publishing.outputs import HTML_BUILDERS, address
from folio.reading.domain import writing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sphinx.application import Sphinx

Thing = dict[str, Any]
"""A thing of schema.org, as JSON-LD writes it."""


def open_graph(page: Page, card: str) -> dict[str, str]:
    """Say what sphinxext-opengraph is to write of a page, in the page's own words.

    Args:
        page: the page.
        card: the absolute address of its card.

    Returns:
        Properties and values; the values are escaped, since sphinxext-opengraph escapes quotation marks only.
    """
    told = {
        "og:type": "article" if isinstance(page, Post) else "website",
        "og:title": page.title,
        "og:description": page.dek,
        "og:image": card,
        "og:image:width": str(CARD_WIDTH),
        "og:image:height": str(CARD_HEIGHT),
        "og:image:alt": page.title,
    }
    return {name: escape(value) for name, value in told.items()}


def article_tags(labelled: Labelled, author: str) -> Iterator[tuple[str, str]]:
    """List a post's `article:*` properties.

    Args:
        labelled: the post with its labels.
        author: the address of the page about its author.

    Yields:
        Property and value.
    """
    front = labelled.post.front
    yield "article:published_time", front.date.isoformat()
    yield "article:modified_time", front.last_changed.isoformat()
    yield "article:author", author
    yield "article:section", labelled.kind.name
    for topic in labelled.topics:
        yield "article:tag", topic.name


def person(profile: Profile, site: str) -> Thing:
    """Describe the owner of the site as schema.org's `Person`, with what the record says.

    Args:
        profile: the record.
        site: the absolute address of the site's root.

    Returns:
        The thing.
    """
    basics = profile.basics
    found: Thing = {
        "@type": "Person",
        "@id": f"{site}#person",
        "name": basics.name,
        "description": basics.label,
        "url": basics.url or site,
        "knowsAbout": list(basics.fields),
        "hasOccupation": [
            {
                "@type": "Role",
                "roleName": role.position,
                "startDate": role.startDate,
                **({"endDate": role.endDate} if role.endDate else {}),
                "hasOccupation": {"@type": "Occupation", "name": role.position},
            }
            for role in profile.work
        ],
        "worksFor": [{"@type": "Organization", "name": role.name} for role in profile.work if role.endDate is None],
        "alumniOf": [
            {"@type": "CollegeOrUniversity", "name": item.institution} for item in profile.education if item.area
        ],
    }
    if basics.email:
        found["email"] = basics.email
    if basics.profiles:
        found["sameAs"] = [item.url for item in basics.profiles]
    return found


def posting(labelled: Labelled, url: str, card: str, site: str, language: str) -> Thing:
    """Describe a piece as schema.org's `BlogPosting`.

    Args:
        labelled: the post with its labels.
        url, card: the absolute addresses of its page and its card.
        site: that of the site's root.
        language: the language of the site.

    Returns:
        The thing.
    """
    post = labelled.post
    found: Thing = {
        "@type": "BlogPosting",
        "@id": url,
        "url": url,
        "headline": post.title,
        "description": post.dek,
        "image": card,
        "inLanguage": language,
        "datePublished": post.front.date.isoformat(),
        "dateModified": post.front.last_changed.isoformat(),
        "wordCount": post.words,
        "articleSection": labelled.kind.name,
        "keywords": [topic.name for topic in labelled.topics],
        "author": {"@id": f"{site}#person"},
    }
    if labelled.series:
        found["isPartOf"] = {"@type": "CreativeWorkSeries", "name": labelled.series.name}
        found["position"] = post.front.part
    return found


def lab_things(lab: LabResults, url: str, site: str, language: str) -> list[Thing]:
    """Describe a lab: its results as a `Dataset`, its program as `SoftwareSourceCode`.

    Args:
        lab: the lab's results.
        url: the absolute address of its page.
        site: that of the site's root.
        language: the language of the site.

    Returns:
        Both things.
    """
    data = urljoin(site, f"data/{lab.lab}.json")
    # Search engines want at least fifty characters here.
    description = f"{lab.question} Results of a model, reproduced by the command {lab.command}."
    return [
        {
            "@type": "Dataset",
            "@id": f"{url}#data",
            "name": lab.title,
            "description": description,
            "url": url,
            "dateModified": lab.reproduced.isoformat(),
            "inLanguage": language,
            "isAccessibleForFree": True,
            "creator": {"@id": f"{site}#person"},
            "variableMeasured": sorted({result.what for result in lab.results.values()})[:20],
            "distribution": {"@type": "DataDownload", "encodingFormat": "application/json", "contentUrl": data},
        },
        {
            "@type": "SoftwareSourceCode",
            "@id": f"{url}#program",
            "name": f"{lab.title}: the program",
            "description": lab.question,
            "url": url,
            "programmingLanguage": "Python",
            "author": {"@id": f"{site}#person"},
        },
    ]


def breadcrumbs(trail: list[tuple[str, str]]) -> Thing:
    """Describe the way to a page as schema.org's `BreadcrumbList`.

    Args:
        trail: names and absolute addresses, the home page first, the page itself last.

    Returns:
        The thing.
    """
    return {
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": place, "name": name, "item": url}
            for place, (name, url) in enumerate(trail, 1)
        ],
    }


def script(things: list[Thing]) -> str:
    """Write things as a script element of JSON-LD, which no text in them can end."""
    written = json.dumps({"@context": "https://schema.org", "@graph": things}, ensure_ascii=False)
    safe = written.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return f'<script type="application/ld+json">{safe}</script>'


def trail_of(docname: str, library: Library, root: str, where: Callable[[str], str]) -> list[tuple[str, str]]:
    """Find the way from the home page to a page, over the indexes of the folders that it lies in.

    Args:
        docname: the page.
        library: for the titles.
        root: the docname of the home page.
        where: gives the absolute address of a page.

    Returns:
        Names and addresses, the home page first.
    """
    folders = docname.split("/")[:-1]
    steps = [root, *("/".join([*folders[: depth + 1], "index"]) for depth in range(len(folders))), docname]
    seen = dict.fromkeys(step for step in steps if step in library.pages)
    return [(library.pages[step].title, where(step)) for step in seen]


def things_of(app: Sphinx, docname: str, library: Library, profile: Profile | None) -> list[Thing]:
    """Put together what JSON-LD says of a page."""
    page, site, language = library.pages[docname], app.config.html_baseurl, app.config.folio_language
    url = address(app, docname)
    things: list[Thing] = []
    if docname == app.config.root_doc:
        things.append(
            {"@type": "WebSite", "@id": f"{site}#site", "url": site, "name": page.title, "inLanguage": language}
        )
    else:
        things.append(breadcrumbs(trail_of(docname, library, app.config.root_doc, lambda name: address(app, name))))
    if isinstance(page, Post):
        card = urljoin(site, card_of(docname))
        things.append(posting(library.labelled(page), url, card, site, language))
    if page.lab and (lab := writing(app.env).records.labs.get(page.lab)):
        things += lab_things(lab, url, site, language)
    if profile is not None:
        full = docname in {app.config.root_doc, app.config.folio_experience, "about/index"}
        things.append(
            person(profile, site)
            if full
            else {"@type": "Person", "@id": f"{site}#person", "name": profile.basics.name, "url": site}
        )
    return things


def _links(app: Sphinx, docname: str, library: Library, topics: tuple[tuple[str, str], ...]) -> Iterator[str]:
    """List what the page offers in other forms: the feeds, of everything and of each topic, and its Markdown."""
    site, name = app.config.html_baseurl, escape(app.config.project)

    def alternate(kind: str, title: str, path: str) -> str:
        return f'<link rel="alternate" type="{kind}" title="{title}" href="{escape(urljoin(site, path))}">'

    yield alternate("application/atom+xml", name, ATOM)
    yield alternate("application/feed+json", name, JSON)
    for slug, topic in topics:
        yield alternate("application/atom+xml", f"{name}: {escape(topic)}", f"topics/{slug}/{ATOM}")
        yield alternate("application/feed+json", f"{name}: {escape(topic)}", f"topics/{slug}/{JSON}")
    if isinstance(library.pages.get(docname), Post):
        yield alternate("text/markdown", "This piece as Markdown", twin_of(docname))
    if docname in {app.config.folio_experience, "about/index"}:
        yield alternate("application/json", "The record as JSON Resume", RESUME)


def _open_graph(app: Sphinx, docname: str, _template: str, context: dict[str, Any], _doctree: object) -> None:
    """Hand a page's own words to sphinxext-opengraph, before it looks for any."""
    page = writing(app.env).library().pages.get(docname)
    if app.builder.name in HTML_BUILDERS and page is not None:
        context["meta"] = open_graph(page, urljoin(app.config.html_baseurl, card_of(docname)))


def _head(app: Sphinx, docname: str, _template: str, context: dict[str, Any], _doctree: object) -> None:
    domain = writing(app.env)
    library, profile = domain.library(), domain.records.profile
    page, front = library.pages.get(docname), domain.fronts.get(docname)
    if app.builder.name not in HTML_BUILDERS or page is None:
        return
    tags = list(_links(app, docname, library, context["frame"].feeds))
    if isinstance(page, Post):
        about = address(app, "about/index") if "about/index" in app.env.all_docs else app.config.html_baseurl
        for name, value in article_tags(library.labelled(page), about):
            tags.append(f'<meta property="{name}" content="{escape(value)}">')
    tags.append('<meta name="twitter:card" content="summary_large_image">')
    assert isinstance(front, PageFront) or isinstance(page, Post)
    tags.append(script(things_of(app, docname, library, profile)))
    context["metatags"] = context.get("metatags", "") + "\n".join(tags)


def setup(app: Sphinx) -> None:
    """Register the handlers, one before sphinxext-opengraph's and one after."""
    app.connect("html-page-context", _open_graph, priority=450)
    app.connect("html-page-context", _head, priority=600)
