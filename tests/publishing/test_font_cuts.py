"""The fonts that cards and CV are set with are those of the pages."""

from __future__ import annotations

import io

from fontTools.ttLib import TTFont

from folio.publishing.font_cuts import CUTS, all_cuts


def test_the_kept_cuts_are_what_the_pages_fonts_give() -> None:
    kept = {path.name for path in CUTS.glob("*.ttf")}
    made = dict(all_cuts())
    assert {path.name for path in made} == kept
    assert (CUTS / "OFL.txt").is_file()
    for path, data in made.items():
        fresh, stored = TTFont(io.BytesIO(data)), TTFont(path)
        assert fresh.getBestCmap() == stored.getBestCmap()
        assert fresh["hmtx"].metrics == stored["hmtx"].metrics
        assert fresh["OS/2"].usWeightClass == stored["OS/2"].usWeightClass
        assert [fresh["glyf"][name] for name in fresh.getGlyphOrder()] == [
            stored["glyf"][name] for name in stored.getGlyphOrder()
        ]
