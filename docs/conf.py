"""Configuration of the site, and nothing else."""

import os

# -- The site ---------------------------------------------------------------------------------------------------------
project = author = "Rahul Garg"
copyright = "Rahul Garg"
language = folio_language = "en-GB"  # Read the Docs overrides the first with one that it knows
html_title = project
# Read the Docs says where it publishes; at home, any address will do that does not change.
html_baseurl = os.environ.get("READTHEDOCS_CANONICAL_URL", "http://127.0.0.1:8000/")

# -- What is read -----------------------------------------------------------------------------------------------------
extensions = [
    "myst_parser",
    "sphinx_design",
    "sphinx_copybutton",
    "sphinxcontrib.bibtex",
    "sphinxext.opengraph",
    "folio",
    "folio.desk.links",
]
exclude_patterns = ["_build"]
nitpicky = True  # Read the Docs passes no -n

# -- Markdown ---------------------------------------------------------------------------------------------------------
myst_enable_extensions = ["attrs_inline", "colon_fence", "deflist", "dollarmath"]
myst_dmath_allow_digits = False  # "$10" is money
myst_disable_syntax = ["html_block", "html_inline"]
myst_footnote_transition = False
myst_heading_anchors = 3

# -- Sources ----------------------------------------------------------------------------------------------------------
bibtex_bibfiles = ["references.bib"]
bibtex_default_style = "checked"

# -- The writing ------------------------------------------------------------------------------------------------------
folio_bar = ["posts/index", "experience/index", "labs/index", "projects/index", "about/index"]
folio_series = {
    "moving-data": "Moving data without stopping",
    "effects-once": "Effects that happen once",
    "tails-and-queues": "Tails and queues",
    "contracts-between-services": "Contracts between services",
    "agents-that-act": "Agents that act",
}
# Pull-request builds and the live preview show drafts; the published site never does.
folio_drafts = os.environ.get("FOLIO_DRAFTS") == "1" or os.environ.get("READTHEDOCS_VERSION_TYPE") == "external"

# The live preview makes search index, cards, feeds and the like once, when it starts.
folio_preview = os.environ.get("FOLIO_PREVIEW") == "1"

folio_host = "readthedocs" if os.environ.get("READTHEDOCS") == "True" else ""  # admits what it adds to pages

# -- Sharing ----------------------------------------------------------------------------------------------------------
ogp_site_url = html_baseurl
ogp_social_cards = {"enable": False}  # folio draws them
ogp_enable_meta_description = False

# -- Addresses that have moved: {"posts/old-slug/": "posts/new-slug/"} ------------------------------------------------
folio_redirects: dict[str, str] = {}

# -- How it looks -----------------------------------------------------------------------------------------------------
html_theme = "furo"
html_math_renderer = "mathml"
html_use_index = False
html_static_path = ["interactive"]  # the models of figures that a reader can move
html_copy_source = True
html_permalinks_icon = "¶"
copybutton_prompt_text = "$ "

# -- Links that are checked -------------------------------------------------------------------------------------------
linkcheck_retries = 3
linkcheck_timeout = 20
linkcheck_anchors = False
linkcheck_ignore = [r"http://127\.0\.0\.1.*"]
