"""The generators that build the same posts: this site, Sphinx as it comes, and what else a writer would pick."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Page

from benchmarks.corpus import Dialect, Post, Writer
from tests.conftest import REPOSITORY

QUOTED = Dialect(link="../{slug}/", note="> {words}")

NPM = {
    "@11ty/eleventy": "3.1.8",
    "@11ty/eleventy-plugin-syntaxhighlight": "5.0.2",
    "@astrojs/starlight": "0.42.4",
    "astro": "7.3.5",
    "markdown-it-footnote": "4.0.0",
    "sharp": "0.35.5",
}
"""The packages of the generators that npm brings."""


@dataclass(frozen=True)
class Generator:
    """One way to build the posts.

    Args:
        name: what the tables call it.
        write: writes the sources into a folder, given the posts.
        command: what builds them, run in that folder.
        out: where the site lies then, below the folder.
        post: the source of a post, with its slug for `{slug}`.
        page: a post's page below `out`, likewise.
        kept: what it keeps between builds beside `out`, removed for a cold one.
        serve: its development server on a port, where it has one; `{port}` stands for that.
        search: asks the open page's search for a word; None where it has no search.
        dialect: how its Markdown differs.
        most: with how many posts it is measured at most.
    """

    name: str
    write: Callable[[Path, list[Post]], None]
    command: tuple[str, ...]
    out: str
    post: str
    page: str = "posts/{slug}/index.html"
    kept: tuple[str, ...] = ()
    serve: tuple[str, ...] = ()
    search: Callable[[Page, str], None] | None = None
    dialect: Dialect = field(default_factory=Dialect)
    most: int = 400

    def prepare(self, folder: Path, count: int) -> None:
        """Write the sources, new."""
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self.write(folder, list(Writer(count, self.dialect).posts()))


def put(path: Path, text: str) -> None:
    """Write a file; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


# -- Sphinx -----------------------------------------------------------------------------------------------------------

SPHINX = (sys.executable, "-m", "sphinx", "-b", "dirhtml", "-q", "-j", "auto", "-d", "trees")
AUTOBUILD = (sys.executable, "-m", "sphinx_autobuild", "-b", "dirhtml", "-q", "-d", "trees", "--port", "{port}")
LIVE = (sys.executable, "-m", "folio.desk.live", "-b", "dirhtml", "-n", "-q", "-d", "trees", "--port", "{port}")

PLAIN_CONF = """\
project = "Plain"
extensions = ["myst_parser"]
html_theme = "furo"
html_title = "Plain"
myst_enable_extensions = ["attrs_inline", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
"""

NO_SEARCH = """
def setup(app):
    app.connect("builder-inited", lambda app: setattr(app.builder, "search", False))
"""

WITHOUT_CARDS_AND_INDEX = """
import folio.publishing
folio.publishing.PUBLISHERS = tuple(set(folio.publishing.PUBLISHERS) - {"cards", "search_index"})
"""


def plain(folder: Path, posts: Iterable[Post]) -> None:
    """Lay out a plain Sphinx site with MyST, Furo and a tree of all pages."""
    put(folder / "src/conf.py", PLAIN_CONF)
    put(folder / "src/index.md", "# Plain\n\n```{toctree}\n:glob:\n\nposts/*\n```\n")
    for post in posts:
        put(folder / f"src/posts/{post.slug}.md", f"# {post.title}\n\n{post.body}\n")


def plain_with_one_tree(folder: Path, posts: Iterable[Post]) -> None:
    """Lay out plain Sphinx with Furo's navigation tree made once a build."""
    plain(folder, posts)
    conf = (folder / "src/conf.py").read_text(encoding="utf-8")
    put(folder / "src/conf.py", conf.replace('["myst_parser"]', '["myst_parser", "benchmarks.furo_tree"]'))


def bare(folder: Path, posts: list[Post]) -> None:
    """Lay out the same without a navigation tree and without Sphinx's search."""
    put(folder / "src/conf.py", PLAIN_CONF + NO_SEARCH)
    links = "\n".join(f"- [{post.title}](posts/{post.slug}.md)" for post in posts)
    put(folder / "src/index.md", f"# Plain\n\n{links}\n")
    for post in posts:
        put(folder / f"src/posts/{post.slug}.md", f"---\norphan: true\n---\n\n# {post.title}\n\n{post.body}\n")


def house(folder: Path, posts: Iterable[Post]) -> None:
    """Lay out a copy of this site with the posts in place of its own, and one lab's page."""
    docs = folder / "src"
    shutil.copytree(REPOSITORY / "docs", docs, ignore=shutil.ignore_patterns("_build"))
    (folder / "labs").symlink_to(REPOSITORY / "labs")
    for path in [*docs.glob("posts/*.md"), *docs.glob("labs/*.md")]:
        if path.name not in {"index.md", "staffing.md"}:
            path.unlink()
    for path in docs.glob("topics/*.md"):
        put(path, re.sub(r"\[([^\]]*)\]\(\.\./posts/[^)]*\)", r"\1", path.read_text(encoding="utf-8")))
    home = (docs / "index.md").read_text(encoding="utf-8")
    put(docs / "index.md", re.sub(r"````\{featured\}.*?````\n", "", home, flags=re.DOTALL))
    kinds = ("case-study", "breakdown", "design-note", "reflection")
    for post in posts:
        front = (
            f'---\ntitle: "{post.title}"\ndek: {post.dek}\ndate: {post.date}\n'
            f"kind: {kinds[post.number % 4]}\ntopics: [{post.topic}]\n---\n\n"
        )
        put(docs / f"posts/{post.slug}.md", front + post.body + "\n")


def house_apart(folder: Path, posts: Iterable[Post]) -> None:
    """Lay out the same, told to make neither cards nor search index."""
    house(folder, posts)
    with (folder / "src/conf.py").open("a", encoding="utf-8") as conf:
        conf.write(WITHOUT_CARDS_AND_INDEX)


def search_here(page: Page, word: str) -> None:
    """Ask this site's search."""
    page.locator(".search-pill kbd").wait_for()  # its script has run
    page.keyboard.press("/")
    page.get_by_role("combobox", name="Search").press_sequentially(word, delay=30)
    page.locator(".search-hits li").first.wait_for(timeout=60_000)


def search_sphinx(page: Page, word: str) -> None:
    """Ask Sphinx's search page, as its field does."""
    page.goto(f"{page.url.partition('posts/')[0]}search/?q={word}", wait_until="networkidle")
    page.locator("#search-results li").first.wait_for()


# -- Python's others --------------------------------------------------------------------------------------------------

MATERIAL = """\
site_name: Material
site_url: http://127.0.0.1:8000/
theme: {{ name: material, features: [navigation.instant] }}
plugins: [{plugins}]
markdown_extensions: [footnotes, admonition, tables, pymdownx.superfences, pymdownx.highlight]
"""
ADMONITION = Dialect(note="!!! note\n\n    {words}")


def material(folder: Path, posts: Iterable[Post]) -> None:
    """Lay out MkDocs Material with its blog and its search."""
    put(folder / "mkdocs.yml", MATERIAL.format(plugins="search, blog: { post_url_format: '{slug}' }"))
    put(folder / "docs/index.md", "# Material\n")
    put(folder / "docs/blog/index.md", "# Blog\n")
    for post in posts:
        front = f"---\ndate: {post.date}\nslug: {post.slug}\ncategories: [{post.topic}]\n---\n\n# {post.title}\n\n"
        put(folder / f"docs/blog/posts/{post.slug}.md", f"{front}{post.dek}\n\n<!-- more -->\n\n{post.body}\n")


def zensical(folder: Path, posts: Iterable[Post]) -> None:
    """Lay out Zensical; it has no blog, so the posts are pages."""
    put(folder / "mkdocs.yml", MATERIAL.format(plugins="search"))
    put(folder / "docs/index.md", "# Zensical\n")
    for post in posts:
        put(folder / f"docs/posts/{post.slug}.md", f"# {post.title}\n\n{post.body}\n")


def search_material(page: Page, word: str) -> None:
    """Ask Material's search, and Zensical's."""
    page.keyboard.press("/")
    page.locator("input[type=text], input[type=search]").first.wait_for()
    page.keyboard.type(word)
    page.wait_for_timeout(1500)


PELICAN = """\
AUTHOR = SITENAME = "Pelican"
SITEURL = ""
PATH = "content"
TIMEZONE = "UTC"
ARTICLE_URL, ARTICLE_SAVE_AS = "posts/{slug}/", "posts/{slug}/index.html"
STATIC_PATHS = []  # it watches all of them, and none of them if one does not exist
CACHE_CONTENT, LOAD_CONTENT_CACHE = True, True
MARKDOWN = {"extension_configs": {"markdown.extensions.codehilite": {}, "markdown.extensions.extra": {}}}
"""


def pelican(folder: Path, posts: Iterable[Post]) -> None:
    """Lay out Pelican with its own theme; it has no search."""
    put(folder / "pelicanconf.py", PELICAN)
    for post in posts:
        front = f"Title: {post.title}\nDate: {post.date}\nCategory: {post.topic}\nSlug: {post.slug}\n\n"
        put(folder / f"content/{post.slug}.md", f"{front}{post.body}\n")


# -- The others -------------------------------------------------------------------------------------------------------

HUGO_PAGE = """\
<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{{ .Title }}</title>
<meta name="viewport" content="width=device-width"></head><body><main><h1>{{ .Title }}</h1>{{ .Content }}
{{ if .IsHome }}<ul>{{ range site.RegularPages }}<li><a href="{{ .RelPermalink }}">{{ .Title }}</a></li>{{ end }}</ul>
{{ end }}</main></body></html>
"""


def hugo(folder: Path, posts: Iterable[Post]) -> None:
    """Lay out Hugo with a template of a few lines; it has neither theme nor search of its own."""
    put(folder / "hugo.toml", 'baseURL = "http://127.0.0.1:8000/"\ntitle = "Hugo"\n')
    for name in ("single", "list", "index"):
        put(folder / f"layouts/_default/{name}.html", HUGO_PAGE)
    for post in posts:
        front = f'---\ntitle: "{post.title}"\ndate: {post.date}\ntags: [{post.topic}]\n---\n\n'
        put(folder / f"content/posts/{post.slug}.md", f"{front}{post.body}\n")


ASTRO = """\
import { defineConfig } from "astro/config";
import starlight from "@astrojs/starlight";
export default defineConfig({ telemetry: false, integrations: [starlight({ title: "Starlight",
  sidebar: [{ label: "Posts", items: [{ autogenerate: { directory: "posts" } }] }] })] });
"""
CONTENT = """\
import { defineCollection } from "astro:content";
import { docsLoader } from "@astrojs/starlight/loaders";
import { docsSchema } from "@astrojs/starlight/schema";
export const collections = { docs: defineCollection({ loader: docsLoader(), schema: docsSchema() }) };
"""


def node(folder: Path) -> None:
    """Say which of npm's packages the site asks for."""
    asked = {"name": "site", "type": "module", "private": True, "dependencies": NPM}
    put(folder / "package.json", json.dumps(asked))


def starlight(folder: Path, posts: Iterable[Post]) -> None:
    """Lay out Astro's Starlight, whose search is Pagefind too."""
    node(folder)
    put(folder / "astro.config.mjs", ASTRO)
    put(folder / "src/content.config.ts", CONTENT)
    put(folder / "src/content/docs/index.md", "---\ntitle: Starlight\n---\n\nPosts.\n")
    for post in posts:
        front = f'---\ntitle: "{post.title}"\ndescription: {post.dek}\n---\n\n'
        put(folder / f"src/content/docs/posts/{post.slug}.md", f"{front}{post.body}\n")


def search_starlight(page: Page, word: str) -> None:
    """Ask Starlight's search."""
    page.keyboard.press("Control+k")
    page.locator(".pagefind-ui__search-input").fill(word)
    page.locator(".pagefind-ui__result").first.wait_for()


ELEVENTY = """\
import highlight from "@11ty/eleventy-plugin-syntaxhighlight";
import footnotes from "markdown-it-footnote";
export default function (config) {
  config.addPlugin(highlight);
  config.amendLibrary("md", (library) => library.use(footnotes));
  return { dir: { input: "content", includes: "../layouts", output: "out" } };
}
"""
ELEVENTY_PAGE = """\
<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{{ title }}</title>
<meta name="viewport" content="width=device-width"></head><body><main><h1>{{ title }}</h1>{{ content }}</main>
</body></html>
"""


def eleventy(folder: Path, posts: Iterable[Post]) -> None:
    """Lay out Eleventy with a template of a few lines; it has neither theme nor search of its own."""
    node(folder)
    put(folder / "eleventy.config.js", ELEVENTY)
    put(folder / "layouts/page.html", ELEVENTY_PAGE)
    index = "{% for post in collections.post %}<li><a href='{{ post.url }}'>{{ post.data.title }}</a></li>{% endfor %}"
    put(folder / "content/index.html", f"---\ntitle: Eleventy\nlayout: page.html\n---\n<ul>{index}</ul>\n")
    for post in posts:
        front = f'---\ntitle: "{post.title}"\ndate: {post.date}\ntags: post\nlayout: page.html\n---\n\n'
        put(folder / f"content/posts/{post.slug}.md", f"{front}{post.body}\n")


HOUSE = Generator(
    *("this site", house, (*SPHINX, "-n", "src", "out"), "out", "src/posts/{slug}.md"),
    **{"kept": ("trees",), "serve": (*LIVE, "src", "live"), "search": search_here, "most": 1000},
)
HOUSE_APART = Generator(
    *("  without cards and index", house_apart, (*SPHINX, "-n", "src", "out"), "out", "src/posts/{slug}.md"),
    kept=("trees",),
)
PLAIN = Generator(
    *("Sphinx + MyST + Furo", plain, (*SPHINX, "src", "out"), "out", "src/posts/{slug}.md"),
    **{"kept": ("trees",), "serve": (*AUTOBUILD, "src", "live"), "search": search_sphinx},
)
PLAIN_ONE_TREE = Generator(
    *("  its tree made once", plain_with_one_tree, (*SPHINX, "src", "out"), "out", "src/posts/{slug}.md"),
    kept=("trees",),
)
BARE = Generator(
    *("  without tree and search", bare, (*SPHINX, "src", "out"), "out", "src/posts/{slug}.md"), kept=("trees",)
)

PEERS = (
    Generator(
        *("MkDocs Material, blog", material, ("mkdocs", "build", "-q"), "site", "docs/blog/posts/{slug}.md"),
        **{"page": "blog/{slug}/index.html", "search": search_material, "dialect": ADMONITION},
        serve=("mkdocs", "serve", "-q", "-a", "127.0.0.1:{port}"),
    ),
    Generator(
        *("Zensical", zensical, ("zensical", "build"), "site", "docs/posts/{slug}.md"),
        **{"kept": (".cache",), "search": search_material, "dialect": ADMONITION},
        serve=("zensical", "serve", "-a", "127.0.0.1:{port}"),
    ),
    Generator(
        *("Starlight", starlight, ("npx", "astro", "build"), "dist", "src/content/docs/posts/{slug}.md"),
        **{"kept": ("node_modules/.astro", ".astro"), "search": search_starlight},
        **{"dialect": Dialect(link="../{slug}/", note=":::note\n{words}\n:::")},
        serve=("npx", "astro", "dev", "--port", "{port}"),
    ),
    Generator(
        *("Pelican", pelican, ("pelican", "-q", "-s", "pelicanconf.py"), "output", "content/{slug}.md"),
        **{"kept": ("cache", "__pycache__"), "dialect": Dialect(link="{{filename}}{slug}.md", note="> {words}")},
        serve=("pelican", "-q", "-s", "pelicanconf.py", "-l", "-r", "-p", "{port}"),
    ),
    Generator(
        *("Hugo", hugo, ("hugo", "--quiet"), "public", "content/posts/{slug}.md"),
        **{"kept": ("resources",), "dialect": QUOTED},
        serve=("hugo", "server", "--quiet", "-p", "{port}"),
    ),
    Generator(
        *("Eleventy", eleventy, ("npx", "eleventy", "--quiet"), "out", "content/posts/{slug}.md"),
        dialect=QUOTED,
        serve=("npx", "eleventy", "--quiet", "--serve", "--port={port}"),
    ),
)
