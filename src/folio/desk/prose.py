"""A small linter for the house's prose: worn phrases and worn shapes.

It names what a rule can see. Aphorisms at a section's end, adjectives in threes and sameness between pieces need a
reader.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from statistics import fmean, pstdev

from folio.desk.findings import Finding, Source, without_allowed
from folio.desk.words import Block, blocks

WORN: dict[str, str] = {
    r"in today['’]s (?:fast-paced |digital |modern )?(?:world|age|landscape)": "begin with what the piece claims",
    r"delv(?:e|es|ed|ing)": "say look, dig or study",
    r"robust(?:ly|ness)?": "say what it withstands",
    r"seamless(?:ly)?": "say what nobody notices, and who checked",
    r"leverag(?:e|es|ed|ing)": "say use",
    r"game[- ]chang(?:er|ers|ing)": "say what changed, with a number",
    r"battle[- ]tested": "say where it ran, and for how long",
    r"at the end of the day": "leave it out",
    r"let['’]s dive (?:in|into)": "leave it out",
    r"dive deep(?:er)? into|deep dive into": "say what is looked at",
    r"simply": "leave it out, or show that it is simple",
    r"obviously": "leave it out: what is obvious needs no word",
    r"imagine a company called": "say that the example is invented",
    r"it['’]s worth noting|it is worth noting|it should be noted": "note it",
    r"needless to say|of course": "leave it out",
    r"cutting[- ]edge|state[- ]of[- ]the[- ]art|world[- ]class|best[- ]in[- ]class": "say than what, and by how much",
    r"unlock(?:s|ing)? the (?:power|potential|value)": "say what becomes possible",
    r"the power of": "say what it does",
    r"plays? a (?:crucial|vital|key|pivotal) role": "say what it does",
    r"(?:a|the) testament to": "say what shows it",
    r"tapestry|myriad|plethora": "give the number",
    r"furthermore|moreover": "let the next sentence say how it follows",
}
"""Phrases that the house does not print (CONTRIBUTING.md), each with what to do instead."""

THIS_IS = r"\b(?:it|this|that)(?:['’]s| is)"
SHAPES: dict[str, str] = {
    rf"{THIS_IS} not (?:just |only |merely |about )?[^.;:?!\n]{{1,60}}[,;.—–-]+\s*{THIS_IS[2:]}\b": (
        "“it is not X, it is Y”: say what it is"
    ),
    r"\bnot (?:just|only|merely) [^.;:?!]{1,60}, but\b": "“not only X, but Y”: say both, or the one that matters",
}

PHRASES = re.compile(rf"\b(?:{'|'.join(WORN)})\b", re.IGNORECASE)
MENDS = [(re.compile(rf"\A(?:{pattern})\Z", re.IGNORECASE), mend) for pattern, mend in WORN.items()]
DASH = re.compile(r"\s[—–]\s|—")
WORD = re.compile(r"[^\W\d_][\w'’-]*")

BOLD_ITEMS, LISTED, QUESTIONS, ALIKE, FEW = 4, 0.2, 1.0, 0.25, 8
"""Bold-led items in a row, share of words in lists, questions a section: at most so many. Spread of the paragraphs'
lengths, for so many of them: at least so much."""


def check(source: Source, is_post: bool = True) -> list[Finding]:
    """Look for worn phrases and shapes in a page.

    Args:
        source: the page.
        is_post: whether it is to read as an essay; other pages may be made of lists.

    Returns:
        What was found, by line; a phrase that the page keeps with `% allow "…": reason` is not told.
    """
    prose = blocks(source.text)
    named = [
        *((phrase, Finding(source.file, line, said)) for block in prose for phrase, line, said in _phrases(block)),
        *((name, Finding(source.file, line, said)) for name, line, said in (_whole(prose) if is_post else ())),
    ]
    return sorted(without_allowed(named, source.text))


def _phrases(block: Block) -> Iterator[tuple[str, int, str]]:
    text = block.text.replace("\n", " ")
    for match in PHRASES.finditer(text):
        mend = next(mend for pattern, mend in MENDS if pattern.match(match[0]))
        yield match[0], block.line_of(match.start()), f"“{match[0]}” is worn: {mend}"
    for pattern, said in SHAPES.items():
        for match in re.finditer(pattern, text, re.IGNORECASE):
            yield match[0], block.line_of(match.start()), said
    if len(DASH.findall(text)) > 2:
        yield "dashes", block.line, "more than one pair of dashes in a paragraph: use full stops or commas"


def _whole(prose: Sequence[Block]) -> Iterator[tuple[str, int, str]]:
    """Look at the piece as a whole: lists, questions, the lengths of paragraphs."""
    body = [block for block in prose if block.kind in {"paragraph", "item", "heading"}]
    for bold, run in groupby(body, key=lambda block: block.kind == "item" and block.bold):
        items = list(run)
        if bold and len(items) > BOLD_ITEMS:
            yield (
                "bullets",
                items[0].line,
                f"{len(items)} list items in a row begin in bold: write paragraphs, or a table",
            )
    listed = sum(_count(block) for block in body if block.kind == "item")
    total = sum(_count(block) for block in body)
    if total > 300 and listed > LISTED * total:
        yield "lists", 0, f"{listed} of {total} words stand in lists: at most a fifth"
    sections = sum(block.kind == "heading" for block in body) + 1
    questions = [block for block in body if block.kind == "paragraph" and not block.asked and "?" in block.text]
    if sections > 2 and sum(block.text.count("?") for block in questions) > QUESTIONS * sections:
        yield "questions", questions[0].line, "a question or more for each section: state what you claim"
    lengths = [_count(block) for block in body if block.kind == "paragraph" and not block.asked]
    if len(lengths) >= FEW and pstdev(lengths) < ALIKE * fmean(lengths):
        yield "paragraphs", 0, "the paragraphs are all of about one length: let the thought decide where one ends"


def _count(block: Block) -> int:
    return len(WORD.findall(block.text))
