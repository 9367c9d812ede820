"""The server that labs share: a real one, alone, and gone afterwards."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from labs.kit.postgres import postgres


def test_connections_share_a_real_server_and_see_only_what_is_committed() -> None:
    with postgres() as connect:
        writer, reader = connect(), connect()
        writer.execute("CREATE TABLE t (id int)")
        writer.execute("BEGIN")
        writer.execute("INSERT INTO t VALUES (1)")
        assert reader.execute("SELECT count(*) FROM t").fetchone() == (0,)
        writer.execute("COMMIT")
        assert reader.execute("SELECT count(*) FROM t").fetchone() == (1,)
        assert reader.info.server_version >= 180_000


def test_a_lab_adds_settings_and_replaces_them() -> None:
    with postgres({"wal_level": "logical", "timezone": "Asia/Kolkata"}) as connect:
        found = [connect().execute(f"SHOW {name}").fetchone() for name in ("wal_level", "timezone", "autovacuum")]
    assert found == [("logical",), ("Asia/Kolkata",), ("off",)]


def test_a_fault_in_a_lab_comes_through_and_leaves_no_server_and_no_folder() -> None:
    folders = []

    def fail() -> None:
        with postgres() as connect:
            folders.append(Path(connect().info.host))
            connect().execute("SELECT nonsense")

    with pytest.raises(psycopg.errors.UndefinedColumn):
        fail()
    assert not folders[0].exists()
