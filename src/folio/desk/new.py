"""`python -m folio.desk.new "A title"`: begin a post from a template that builds as it is."""

from __future__ import annotations

import argparse
import datetime as dt
import re
import sys
import unicodedata
from pathlib import Path
from typing import get_args

import yaml

from folio.model.front_matter import KINDS, Kind

DEK = "One sentence that says what the reader will know afterwards."
TEMPLATE = """\
---
{front}---

Open with the claim or the puzzle, within eighty words. Bind every number: a fact, a result, a sum that is worked out
here, or an input that is assumed.

## The first thing that the piece asserts

Say it, then show it.

## When this is wrong

Name where the claim stops.
"""


def main(arguments: list[str] | None = None, root: Path | None = None, today: dt.date | None = None) -> int:
    """Write a new draft and print what to do next.

    Args:
        arguments: the command line, without the program's name; see `--help`.
        root: the repository; the working folder where none is given.
        today: the date of the draft; the clock's where none is given.

    Returns:
        0 if the post was written; 1 if its file exists already or no address can be made of the title.
    """
    parser = argparse.ArgumentParser(prog='nox -s new -- "A title"', description="Begin a post.")
    parser.add_argument("title", nargs="+", help="its title; the address is made of it")
    parser.add_argument("--kind", choices=get_args(Kind), default="breakdown", help="what sort of piece it is")
    parser.add_argument("--slug", help="its address, where the title's words would be too long: it is for ever")
    options = parser.parse_args(arguments)
    root, title = root or Path.cwd(), " ".join(" ".join(options.title).split())
    name = slug(options.slug or title)
    if not name:
        print(f"no address can be made of {title!r}: give one with --slug", file=sys.stderr)
        return 1
    file = root / "docs/posts" / f"{name}.md"
    try:
        with file.open("x", encoding="utf-8", newline="\n") as post:
            post.write(draft(title, options.kind, first_topic(root), today or dt.date.today()))
    except FileExistsError:
        print(
            f"{file.relative_to(root)} exists and was left as it is: choose another title, or --slug", file=sys.stderr
        )
        return 1
    print(f"Wrote {file.relative_to(root)}, a draft ({KINDS[options.kind][0].lower()}).")
    print("Next: nox -s live, and open /posts/" + name + "/. When it is done: take out `draft: true`, set `date`,")
    print("add posts/" + name + "/ to docs/addresses.txt, run nox -s check.")
    return 0


def slug(title: str) -> str:
    """Make an address of a title.

    Args:
        title: the title, in any script.

    Returns:
        Its words in lower-case ASCII joined by hyphens; empty where nothing of it is left.
    """
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    return "-".join(re.findall(r"[a-z0-9]+", re.sub(r"['’]", "", plain.lower())))


def draft(title: str, kind: Kind, topic: str, date: dt.date) -> str:
    """Fill in the template.

    Args:
        title, kind, topic, date: what its front matter says.

    Returns:
        The source of a post that builds without a warning.
    """
    front = {
        "title": title,
        "dek": DEK,
        "date": date,
        "kind": kind,
        "topics": [topic],
        "draft": True,
        "status": "in progress",
    }
    text = yaml.safe_dump(front, sort_keys=False, allow_unicode=True, default_flow_style=None, width=10_000)
    return TEMPLATE.format(front=text)


def first_topic(root: Path) -> str:
    """Take the first of the profile's topics, as something that exists and is to be replaced."""
    profile = yaml.safe_load((root / "docs/profile.yaml").read_text(encoding="utf-8"))
    return str(profile["focus"][0]["slug"])


if __name__ == "__main__":
    sys.exit(main())
