"""How the numbers come about: one module a lab, each with `LAB`, `run()` and `draw()`; `python -m labs` runs them."""
