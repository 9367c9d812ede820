"""The nodes of traced values, known both to the roles that make them and to what counts them."""

from __future__ import annotations

from docutils import nodes


class bound_value(nodes.inline):  # noqa: N801
    """A value with its source.

    Attributes: `kind`, `key`, `source`, `detail`, `command`, `page`, `anchor` as in `folio.reading.values.Value`;
    `marked`, a number that is its id on the page, where it shows its source and can be focused.
    """


class traced(nodes.inline):  # noqa: N801
    """Worked arithmetic or an assumption: `kind` says which, `reason` why (for an assumption)."""
