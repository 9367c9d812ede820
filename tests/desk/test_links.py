"""linkcheck with a memory: what answered is asked once, what did not is asked again, a busy host more than once."""

from __future__ import annotations

import datetime as dt
import json
import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace

from folio.desk.links import KNOWN, remembered

TODAY = dt.date(2026, 11, 22)


@pytest.fixture
def host() -> Iterator[tuple[str, Counter[str]]]:
    """A host with a page that answers, one that does not exist, and one that fails a few times first."""
    asked: Counter[str] = Counter()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked[self.path] += 1
            busy = self.path == "/busy" and asked[self.path] < 4
            self.send_response(404 if self.path == "/missing" else 500 if busy else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_HEAD = do_GET  # noqa: N815

        def log_message(self, *_arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


def check(source: Path, out: Path) -> int:
    with docutils_namespace():  # or the next build in this process would be told of nodes registered twice
        app = Sphinx(source, source, out, out / "doctrees", "linkcheck", status=None, warning=None)
        app.build(force_all=True)
        return app.statuscode


def test_what_answered_is_not_asked_again_and_what_did_not_is(tmp_path: Path, host: tuple[str, Counter[str]]) -> None:
    address, asked = host
    source, out = tmp_path / "source", tmp_path / "out"
    source.mkdir()
    conf = 'extensions = ["myst_parser", "folio.desk.links"]\nlinkcheck_retries = 3\nlinkcheck_rate_limit_timeout = 1\n'
    (source / "conf.py").write_text(conf, encoding="utf-8")
    text = f"# T\n\n[a]({address}/good) [b]({address}/missing) [c]({address}/busy)\n"
    (source / "index.md").write_text(text, encoding="utf-8")
    assert check(source, out) == 1
    assert asked["/busy"] >= 4
    first = Counter(asked)
    assert set(json.loads((out / KNOWN).read_text(encoding="utf-8"))) == {f"{address}/good", f"{address}/busy"}
    assert check(source, out) == 1
    assert asked["/good"] == first["/good"]
    assert asked["/busy"] == first["/busy"]
    assert asked["/missing"] > first["/missing"]


def test_a_memory_lasts_a_month_and_a_broken_one_is_none(tmp_path: Path) -> None:
    days = {"https://a.example/": "2026-11-20", "https://b.example/": "2026-10-01", "https://c.example/": "2026-12-24"}
    (tmp_path / KNOWN).write_text(json.dumps(days), encoding="utf-8")
    assert set(remembered(tmp_path, TODAY)) == {"https://a.example/"}
    for broken in ("", "[]", "{", '{"a": 3}', '{"a": "yesterday"}'):
        (tmp_path / KNOWN).write_text(broken, encoding="utf-8")
        assert remembered(tmp_path, TODAY) == {}
