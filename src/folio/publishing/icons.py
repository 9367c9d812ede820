"""The icons that browsers and phones ask for, drawn from the one SVG, and the web manifest that names them."""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING

import typst

from folio.publishing.drawings import light_colours
from folio.publishing.outputs import Outputs
from folio.reading.stylesheet import STATIC

if TYPE_CHECKING:
    from sphinx.application import Sphinx

MANIFEST = "site.webmanifest"
SIZES = {"apple-touch-icon.png": 180, "icon-192.png": 192, "icon-512.png": 512}


def drawn(svg: str, size: int) -> bytes:
    """Draw an icon.

    Args:
        svg: the drawing; its rule for dark systems is left out, since a picture has one form.
        size: pixels on a side.

    Returns:
        A PNG.
    """
    light = svg.partition("@media")[0] + "</style>" + svg.partition("</style>")[2] if "@media" in svg else svg
    source = (
        f"#set page(width: {size}pt, height: {size}pt, margin: 0pt, fill: none)\n"
        f'#image(bytes({json.dumps(light)}), width: 100%, format: "svg")'
    )
    return bytes(typst.compile(source.encode(), format="png", ppi=72, ignore_system_fonts=True))


def as_ico(png: bytes, size: int) -> bytes:
    """Put a PNG into an ICO container, which old browsers ask for by name.

    Args:
        png: the picture.
        size: pixels on a side, below 256.

    Returns:
        The file.
    """
    header = struct.pack("<HHH", 0, 1, 1)
    return header + struct.pack("<BBBBHHII", size, size, 0, 0, 1, 32, len(png), 22) + png


def manifest(name: str, colours: dict[str, str]) -> str:
    """Write the web manifest: the name, the colours and the icons, every address relative to it."""
    icons = [
        {"src": file, "sizes": f"{size}x{size}", "type": "image/png"} for file, size in SIZES.items() if "icon-" in file
    ]
    told = {
        "name": name,
        "short_name": name,
        "start_url": "./",
        "display": "browser",
        "background_color": colours["paper"],
        "theme_color": colours["paper"],
        "icons": icons,
    }
    return json.dumps(told, ensure_ascii=False, indent=1) + "\n"


def _publish(app: Sphinx, outputs: Outputs) -> None:
    svg = (STATIC / "favicon.svg").read_text(encoding="utf-8")
    for name, size in SIZES.items():
        outputs.write(name, drawn(svg, size))
    outputs.write("favicon.ico", as_ico(drawn(svg, 32), 32))
    outputs.write(MANIFEST, manifest(app.config.project, light_colours()))


def setup(app: Sphinx) -> None:
    """Register the handler."""
    app.connect("folio-site-finished", _publish)
