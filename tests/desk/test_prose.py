"""The prose linter: what it names, what it leaves, and that a page can keep a word with a reason."""

from __future__ import annotations

import pytest

from folio.desk.findings import Source
from folio.desk.prose import check

HEAD = "---\ntitle: T\ndek: D.\n---\n\n"


def told(text: str, is_post: bool = True) -> list[tuple[int, str]]:
    return [(finding.line, finding.message) for finding in check(Source("docs/posts/x.md", HEAD + text), is_post)]


@pytest.mark.parametrize(
    "words",
    [
        "We delve into it.",
        "A Robust design.",
        "It is seamlessly done.",
        "They leverage caches.",
        "A game-changer.",
        "In today’s fast-paced world caches matter.",
        "It simply works.",
        "At the end\nof the day it holds.",
        "Imagine a company called Acme.",
        "It’s not a queue, it’s a promise.",
        "This is not about speed. But it is not a queue; it is a promise.",
        "It is not only fast, but also cheap.",
        "One — two — three — four.",
    ],
)
def test_a_worn_phrase_or_shape_is_named(words: str) -> None:
    assert told(words)


@pytest.mark.parametrize(
    "words",
    [
        "Use `leverage` and ``{simply}``.",
        "```python\nrobust = simply\n```",
        "It is not a queue. A queue has an end.",
        "A simple, obvious example.",
        "It is not until noon that the cache is warm, and that is late.",
        "A range of 3–5 – no more – is enough.",
        "Is it? " + "It holds. " * 30,
    ],
)
def test_what_only_resembles_one_is_left(words: str) -> None:
    assert told(words) == []


def test_the_line_is_that_of_the_phrase() -> None:
    assert told("First.\n\nSecond line\nis robust.\n")[0][0] == 9


def test_a_page_keeps_a_word_with_a_reason_only() -> None:
    assert told('% allow "robust": a term of statistics\n\nA robust mean.') == []
    assert told('% allow "robust":\n\nA robust mean.') != []
    assert len(told('% allow "robust": a term of statistics\n\nA robust mean, simply.')) == 1


def test_prose_in_directives_front_matter_and_options_is_read_too() -> None:
    assert told("```{margin}\nA robust note.\n```")[0][0] == 7
    assert told(":::{note}\n\nA robust note.\n:::")[0][0] == 8
    assert told("```{lab-figure} x/y\n:alt: A robust line.\n\nCaption.\n```")[0][0] == 7
    front = "---\ntitle: T\ndek: A robust dek.\n---\n\nText."
    assert [finding.line for finding in check(Source("x.md", front))] == [3]


def test_walls_of_bold_bullets_and_many_lists_are_named_in_posts() -> None:
    wall = "\n".join(f"- **Lead {n}.** And then the rest of it." for n in range(5))
    assert any("begin in bold" in said for _, said in told(wall))
    assert told(wall, is_post=False) == []
    assert told("\n".join(f"- **Lead {n}.** And then the rest of it." for n in range(4))) == []
    assert told("\n".join(f"{n}. **Step {n}.** And then the rest of it." for n in range(1, 9))) == []
    many = "\n".join("- " + "word " * 20 for _ in range(10)) + "\n\n" + "word " * 200
    assert any("stand in lists" in said for _, said in told(many))


def test_a_question_for_each_section_is_named_but_not_those_of_a_guess() -> None:
    sections = "\n\n".join(f"## Heading {n}\n\nWhy is that so? Because it is {'so ' * n}. Is it?" for n in range(4))
    assert any("question" in said for _, said in told(sections))
    guesses = "\n\n".join(f"## H {n}\n\n:::{{guess}}\nHow many? Why?\n:::\n\n{'So ' * (9 * n + 1)}." for n in range(4))
    assert told(guesses) == []


def test_paragraphs_of_one_length_are_named() -> None:
    same = "\n\n".join("word " * 40 for _ in range(10))
    assert any("one length" in said for _, said in told(same))
    assert told("\n\n".join("word " * (10 + 15 * n) for n in range(10))) == []
