"""Plain typed data and pure functions: front matter, profile, lab results, library. Nothing here knows Sphinx."""
