"""The built site on 127.0.0.1 as a host would serve it: compressed, and with `404.html` for what is not there."""

from __future__ import annotations

import functools
import gzip
import http.server
import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO

COMPRESSED = (".html", ".css", ".js", ".json", ".svg", ".xml", ".txt", ".md", ".webmanifest")


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves files; text is compressed once and kept."""

    def log_message(self, *_: object) -> None: ...

    def send_head(self) -> BinaryIO | io.BytesIO | None:  # type: ignore[override]
        path = Path(self.translate_path(self.path))
        if path.is_dir() and self.path.partition("?")[0].endswith("/"):
            path /= "index.html"
        if not path.is_file() and not path.is_dir():
            return self._answer(HTTPStatus.NOT_FOUND, self.server.error_page)  # type: ignore[attr-defined]
        if path.suffix in COMPRESSED and path.is_file():
            return self._answer(HTTPStatus.OK, path)
        return super().send_head()

    def _answer(self, status: HTTPStatus, path: Path) -> io.BytesIO:
        body = compressed(path, path.stat().st_mtime_ns) if path.is_file() else gzip.compress(b"not found")
        self.send_response(status)
        self.send_header("Content-Type", self.guess_type(path.as_posix()) if path.is_file() else "text/plain")
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "max-age=600")
        self.end_headers()
        return io.BytesIO(body)


@functools.cache
def compressed(path: Path, _changed: int) -> bytes:
    """Give a file as it goes over the wire; one that has changed since is compressed again."""
    return gzip.compress(path.read_bytes(), 6, mtime=0)


class Server(http.server.ThreadingHTTPServer):
    """Takes no notice of a browser that leaves a page and cuts what is still on its way."""

    error_page: Path

    def handle_error(self, *_: object) -> None: ...


@contextmanager
def served(site: Path, prefix: str = "/") -> Iterator[str]:
    """Serve a built site for as long as the block runs; gives its address.

    Args:
        site: the folder of the built site.
        prefix: the path that it is published under; the folder's own name is then its last part.
    """
    directory = site if prefix == "/" else site.parents[len(prefix.strip("/").split("/")) - 1]
    server = Server(("127.0.0.1", 0), functools.partial(Handler, directory=str(directory)))
    server.error_page = site / "404.html"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{prefix}"
    finally:
        server.shutdown()
