"""axe-core on a page: WCAG 2.2 AA and best practice."""

from __future__ import annotations

from importlib.resources import files

from playwright.sync_api import Page

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
UNFOLDED_WITH_ONE_TOKEN_A_KIND = """() => {
  for (const folded of document.querySelectorAll("article details")) folded.open = true;
  const seen = new Set();
  for (const span of document.querySelectorAll(".highlight pre span")) {
    if (seen.has(span.className)) span.replaceWith(...span.childNodes);
    else seen.add(span.className);
  }
}"""
"""What is folded is judged too. Of highlighted code, thousands of elements whose look their class alone decides, one of
each is enough."""

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOURS = {"type": "rule", "values": ["color-contrast"]}


def violations(page: Page, *, colours_only: bool = False, within: str = "html") -> list[str]:
    """Say what axe finds on an open page or a part of it, or which colours are too alike, each with its first place."""
    page.evaluate(UNFOLDED_WITH_ONE_TOKEN_A_KIND)
    page.evaluate(AXE)
    # Without "resultTypes" axe also describes each element that is right, which takes it as long as the judging.
    rules = COLOURS if colours_only else RULES
    ask = "([within, rules]) => axe.run(within, { runOnly: rules, resultTypes: ['violations'] })"
    found = page.evaluate(ask, [within, rules])
    return [f"{item['id']}: {item['help']}: {item['nodes'][0]['html']}" for item in found["violations"]]
