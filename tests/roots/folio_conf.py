"""What the test sites share: their conf.py takes all of it."""

from pathlib import Path

SHARED = Path(__file__).parent / "shared"

project = author = "Test Site"
language = "en-GB"
html_baseurl = "https://example.org/"
extensions = ["myst_parser", "sphinx_design", "sphinxcontrib.bibtex", "sphinxext.opengraph", "folio"]
ogp_site_url = "https://example.org/"
ogp_social_cards = {"enable": False}
ogp_enable_meta_description = False
exclude_patterns = ["_build"]
myst_enable_extensions = ["attrs_inline", "colon_fence", "deflist", "dollarmath"]
myst_disable_syntax = ["html_block", "html_inline"]
myst_footnote_transition = False
nitpicky = True
bibtex_bibfiles = ["references.bib"]
bibtex_default_style = "checked"
html_theme = "furo"
html_math_renderer = "mathml"
html_use_index = False
folio_profile = str(SHARED / "profile.yaml")
folio_results = str(SHARED / "results")
folio_bar = ["posts/index"]
folio_series = {"first-series": "First series"}
