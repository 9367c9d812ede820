"""The directives: listings, profile, labs, figures, notes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bs4 import BeautifulSoup
from docutils import nodes

if TYPE_CHECKING:
    from collections.abc import Callable

    from sphinx.testing.util import SphinxTestApp


def soup(app: SphinxTestApp, page: str = "") -> BeautifulSoup:
    assert app.warning.getvalue() == ""
    return BeautifulSoup((app.outdir / page / "index.html").read_text(encoding="utf-8"), "lxml")


def words(tag: object) -> str:
    return " ".join(tag.get_text(" ").split())  # type: ignore[attr-defined]


def test_posts_are_listed_newest_first_by_kind_topic_and_year(built: Callable[..., SphinxTestApp]) -> None:
    page = soup(built("listings"))
    listed = [[a.get_text() for a in ol.select("a.title")] for ol in page.select("ol.posts")]
    first = "First & <foremost> “quoted”"
    assert listed == [[first, "Second"], ["Second"], [first], ["Third"]]


def test_a_listing_shows_the_dek_with_its_values(built: Callable[..., SphinxTestApp]) -> None:
    assert "It is 2,000 at 37.5%." in words(soup(built("listings")).select_one("ol.posts"))


def test_topics_link_where_there_is_a_page_and_count_pieces(built: Callable[..., SphinxTestApp]) -> None:
    page = soup(built("listings"))
    items = {words(li): [a["href"] for a in li.select("a")] for li in page.select("ul.topics li")}
    assert items == {"Distributed systems": [], "Search 1": ["topics/search/"]}


def test_a_featured_piece_stands_beside_its_figure(built: Callable[..., SphinxTestApp]) -> None:
    featured = soup(built("listings")).select_one(".featured")
    assert featured.select_one("h3 a")["href"] == "posts/first/"
    assert featured.select_one("figure svg[role=img]")["aria-label"] == "A box."


def test_statistics_count_what_is_there(built: Callable[..., SphinxTestApp]) -> None:
    rows = {
        words(tr.select("td")[0]): words(tr.select("td")[1])
        for tr in soup(built("listings")).select(".statistics tbody tr")
    }
    assert rows["Pieces"] == "3"
    assert rows["Quantities that nothing stands behind"] == "0"


def test_snapshot_and_experience_are_sphinx_designs_own_cards(built: Callable[..., SphinxTestApp]) -> None:
    app = built("profile")
    doctree = app.env.get_doctree("index")
    components = [node.get("design_component") for node in doctree.findall(nodes.container)]
    assert components.count("grid-container") == 4  # snapshot, one role, education, skills
    assert components.count("card") == 2 + 2 + 1 + 1
    record = [node.get("design_component") for node in app.env.get_doctree("experience/index").findall(nodes.container)]
    assert record.count("card") == 2


def test_the_way_to_the_evidence_is_the_case_study_once_it_stands(built: Callable[..., SphinxTestApp]) -> None:
    page = soup(built("profile"))
    links = [(words(a), a["href"]) for a in page.select(".snapshot .evidence-link")]
    assert links == [("experience →", "experience/"), ("case study →", "posts/first/")]
    links = [(words(a), a["href"]) for a in page.select(".outcomes .evidence-link")]
    assert links == [("case study →", "posts/first/"), ("the record →", "experience/#calls")]


def test_the_experience_page_has_roles_as_sections_and_an_anchor_a_line(built: Callable[..., SphinxTestApp]) -> None:
    page = soup(built("profile"), "experience")
    assert [words(h2).removesuffix("¶").strip() for h2 in page.select("h2")] == ["Engineer, A Company"]
    assert "Built a search with p95" in words(page.select_one("#search"))
    assert page.select_one("#search a.evidence-link")["href"] == "../posts/first/"
    assert page.select_one("#calls a.evidence-link") is None


def test_education_projects_and_skills_show_what_the_profile_says(built: Callable[..., SphinxTestApp]) -> None:
    text = words(soup(built("profile")).select_one("main"))
    for expected in ("B.Tech, Tests", "A School", "Jul 2001 – Jun 2005", "A Thing", "In progress", "Python, Java"):
        assert expected in text


def test_contact_shows_only_what_is_filled_in(built: Callable[..., SphinxTestApp]) -> None:
    assert "Where to find him" not in words(soup(built("profile")))


def test_contact_shows_what_is_filled_in(built: Callable[..., SphinxTestApp]) -> None:
    app = built("profile")
    text = app.srcdir.parents[0] / "profile.yaml"
    source = open(app.config.folio_profile, encoding="utf-8").read()  # noqa: PTH123, SIM115
    text.write_text(source.replace("  years: 4+\n", "  years: 4+\n  email: ada@example.org\n"), encoding="utf-8")
    app = built("profile", confoverrides={"folio_profile": str(text)})
    page = soup(app)
    assert "Where to find him ¶ ada@example.org" in words(page.select_one("main")).replace(" @ ", "@").replace(
        " . ", "."
    )
    assert page.select_one('footer a[href="mailto:ada@example.org"]')


def test_a_lab_page_shows_question_parameters_results_and_readers(built: Callable[..., SphinxTestApp]) -> None:
    page = soup(built("labs"), "labs/toy")
    text = words(page.select_one("article"))
    assert "What is six times seven?" in text
    assert "nox -s labs -- toy" in text
    rows = [[words(cell) for cell in tr.select("td")] for tr in page.select(".lab-table tbody tr")]
    assert ["wait", "20 s", "illustrative"] in rows
    assert ["answer", "42", "six times seven"] in rows
    assert ["xs", "3 values", "places"] in rows
    assert ["speed", "4.2 (must lie in 3 to 9)", "rate over rate"] in rows
    assert [a["href"] for a in page.select("ul.readers a")] == ["../../posts/first/"]


def test_the_labs_are_listed_with_what_reads_them(built: Callable[..., SphinxTestApp]) -> None:
    lab = soup(built("labs")).select_one("ol.labs li")
    assert lab.select_one("h2 a")["href"] == "labs/toy/"
    assert "read by First" in words(lab)


def test_a_figure_is_inline_svg_with_text_unique_ids_and_a_narrow_form(built: Callable[..., SphinxTestApp]) -> None:
    figure = soup(built("labs"), "labs/toy").select_one("figure")
    drawings = figure.select("svg")
    assert [svg["aria-label"] for svg in drawings] == ["A curve that ends at 42."] * 2
    assert [svg.select_one("text").get_text() for svg in drawings] == ["forty-two"] * 2
    assert [svg.select_one("marker")["id"] for svg in drawings] == ["toy-curve-tip", "toy-curve-narrow-tip"]
    assert drawings[0].select_one("line")["marker-end"] == "url(#toy-curve-tip)"
    assert not figure.select("style")
    assert words(figure.select_one("figcaption")).startswith("It ends at 42")


def test_a_post_has_its_whole_anatomy_in_order(built: Callable[..., SphinxTestApp]) -> None:
    page = soup(built("post"), "posts/first")
    assert [h1.get_text() for h1 in page.select("h1")] == ["First"]
    assert words(page.select_one(".eyebrow")) == "Case study · First series, 1 of 2"
    assert (
        words(page.select_one(".opening .meta"))
        == "1 Mar 2026 · updated 1 Apr 2026 · 1 min · runs · Distributed systems"
    )
    assert [a["href"] for a in page.select(".contents a")] == ["#a-heading-that-asserts", "#another-heading"]
    assert page.select_one(".margin-note strong").get_text() == "Beside."
    assert page.select_one(".guess")
    assert page.select_one("math")
    assert page.select_one(".table-wrapper[tabindex='0'] td.text-right")
    assert page.select_one("pre[tabindex='0']")
    order = ["section.evidence", ".endnotes", ".neighbours", "#related", "#links-here", "#changes", "#cite"]
    html = str(page)
    places = [html.index(str(page.select_one(selector))[:60]) for selector in order]
    assert places == sorted(places)


def test_the_evidence_box_names_facts_labs_sources_and_review(built: Callable[..., SphinxTestApp]) -> None:
    app = built("post")
    box = words(soup(app, "posts/first").select_one(".evidence"))
    assert "< 50 ms search.p95" in box
    assert "A toy . Results of 2 Nov 2026. nox -s labs -- toy" in box or "A toy. Results of 2 Nov 2026." in box
    assert "Koole & Mandelbaum 2002. Checked: 1 abstract." in box
    assert "Not yet read by the author." in box
    assert "Read by the author on 4 Mar 2026." in words(soup(app, "posts/third").select_one(".evidence"))


def test_the_sources_say_how_far_they_were_checked(built: Callable[..., SphinxTestApp]) -> None:
    notes = words(soup(built("post"), "posts/first").select_one(".endnotes"))
    assert "Queueing Models of Call Centers" in notes
    assert "Checked for this site: abstract." in notes
    assert "A note at the end." in notes


def test_a_mark_follows_its_word_and_no_other_space_is_lost(built: Callable[..., SphinxTestApp]) -> None:
    paragraph = soup(built("post"), "posts/first").select_one("article p")
    assert " ".join(paragraph.get_text().split()) == "An opening of two lines, with a source[1] and a note[2]."


def test_what_links_here_shows_the_citing_sentence(built: Callable[..., SphinxTestApp]) -> None:
    app = built("post")
    assert words(soup(app, "posts/second").select_one("#links-here + ul q")) == "See the second piece for more."
    assert words(soup(app, "posts/first").select_one("#links-here + ul q")) == "Built on the first, it goes on."
    assert words(soup(app, "posts/first").select_one(".neighbours")).endswith("Second")
    assert "shares: toy" in words(soup(app, "posts/first").select_one("#related + ul"))
