from __future__ import annotations

import datetime as dt

from folio.model.front_matter import PostFront
from folio.model.library import Library, Link, Page, Post, by_year, sentence_around


def post(slug: str, day: int = 1, links: tuple[Link, ...] = (), terms: tuple[str, ...] = (), **front: object) -> Post:
    fields = {"title": slug.title(), "dek": "D.", "date": dt.date(2026, 1, day), "kind": "breakdown", "topics": ["a"]}
    record = PostFront.model_validate({**fields, **front})
    return Post(f"posts/{slug}", slug.title(), "D.", links, front=record, words=500, terms=frozenset(terms))


def library(*pages: Page) -> Library:
    return Library({page.docname: page for page in pages}, {"a": "Topic A", "b": "Topic B"}, {"s": "Series"})


def slugs(posts: list[Post]) -> list[str]:
    return [item.slug for item in posts]


def test_posts_are_listed_newest_first_and_by_name_within_a_day() -> None:
    shelf = library(post("b", 1), post("c", 2), post("a", 1), Page("about", "About", "D."))
    assert slugs(shelf.posts()) == ["c", "a", "b"]


def test_posts_are_filtered_by_kind_topic_and_year() -> None:
    shelf = library(post("a", kind="reflection"), post("b", topics=["b"]), post("c", date=dt.date(2025, 5, 5)))
    assert slugs(shelf.posts(kind="reflection")) == ["a"]
    assert slugs(shelf.posts(topic="b")) == ["b"]
    assert slugs(shelf.posts(year=2025)) == ["c"]
    assert [(year, slugs(posts)) for year, posts in by_year(shelf.posts())] == [(2026, ["a", "b"]), (2025, ["c"])]


def test_series_are_ordered_by_part_whatever_their_dates() -> None:
    one, two = post("one", 9, series="s", part=1), post("two", 1, series="s", part=2)
    shelf = library(two, one, post("other", 3))
    assert slugs(shelf.series("s")) == ["one", "two"]
    assert shelf.neighbours(one) == (None, two)
    assert shelf.neighbours(two) == (one, None)
    assert shelf.neighbours(post("other", 3)) == (None, None)


def test_one_post_alone_has_no_connections() -> None:
    only = post("only")
    shelf = library(only)
    assert shelf.related(only) == []
    assert shelf.citing(only.docname) == []


def test_what_links_here_lists_each_page_once_with_its_first_sentence_posts_first() -> None:
    target = post("target")
    citing = post("citing", links=(Link("posts/target", "First."), Link("posts/target", "Second.")))
    glossary = Page("glossary", "Glossary", "D.", (Link("posts/target", "See there."),))
    shelf = library(glossary, target, citing)
    assert [(item.page.docname, item.sentence) for item in shelf.citing("posts/target")] == [
        ("posts/citing", "First."),
        ("glossary", "See there."),
    ]


def test_a_link_to_itself_is_not_a_citation() -> None:
    self_linked = post("a", links=(Link("posts/a", "Here."),))
    assert library(self_linked).citing("posts/a") == []


def test_related_pieces_give_their_reason_and_rare_terms_weigh_more() -> None:
    start = post("start", terms=("outbox", "queue"), topics=["a"])
    near = post("near", terms=("outbox",), topics=["b"])
    far = post("far", terms=("queue",), topics=["b"])
    more = [post(f"more{n}", terms=("queue",), topics=["b"]) for n in range(3)]
    related = library(start, near, far, *more).related(start)
    assert [item.post.slug for item in related] == ["near", "far", "more0"]
    assert related[0].reason == "shares: outbox"


def test_related_leaves_out_the_series_that_stands_beside_it() -> None:
    one, two = post("one", series="s", part=1), post("two", series="s", part=2)
    assert library(one, two).related(one) == []


def test_a_sentence_is_cut_out_around_its_link() -> None:
    text = "Before it. This links here, v1.2 of it. After it."
    start = text.index("here")
    assert sentence_around(text, start, start + 4) == "This links here, v1.2 of it."


def test_reading_time_is_at_least_a_minute() -> None:
    assert post("a").minutes == 2
    assert Post("posts/x", "X", "D.", front=post("a").front, words=3).minutes == 1
