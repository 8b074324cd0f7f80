"""Run as PostgreSQL's owner: a live cluster with copies, taken back to points in it; prints what was found as JSON.

python3 taking_back.py FILES FOLDER     FILES are the programs of a database host
"""

import json
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

FILES, FOLDER = map(Path, sys.argv[1:])
sys.path.insert(0, str(FILES))

import points  # type: ignore[import-not-found]  # noqa: E402 - a program of a host
import quarantined  # type: ignore[import-not-found]  # noqa: E402 - a program of a host
import repository  # type: ignore[import-not-found]  # noqa: E402 - a program of a host
import restored  # type: ignore[import-not-found]  # noqa: E402 - a program of a host

MAIN, PROGRAMS = FOLDER / "live", restored.PROGRAMS
COPIES = repository.Repository(FOLDER / "copies")
NAME = f'"a\n\\! touch {FOLDER}/touched\n\'b"'
SETTINGS = "listen_addresses = ''\nwal_log_hints = on\nmax_connections = 60\nmax_wal_senders = 8\nfsync = off\n"


def program(name: str, *words: object) -> None:
    subprocess.run([str(PROGRAMS / name), *map(str, words)], check=True, stdout=subprocess.DEVNULL)


def sql(statement: str, database: str = "portal") -> None:
    program("psql", "-XAtqw", "-h", FOLDER, "-U", "postgres", "-d", database, "-c", statement)


def base() -> Path:
    """A base copy, as the keeper makes one."""
    place: Path = COPIES.base(datetime.now(UTC))
    how = ("-F", "tar", "-X", "fetch", "-c", "fast", "--compress=client-gzip:1", "--no-sync")
    program("pg_basebackup", "-h", FOLDER, "-U", "keeper", "-D", place, *how)
    return place


def settled() -> datetime:
    """A moment with nothing on either side of it, once the log of before has come to the copies."""
    sql("select pg_switch_wal()", "postgres")
    time.sleep(1.5)
    found = datetime.now(UTC)
    time.sleep(1.1)
    return found


def brought(name: str, point: datetime) -> object:
    folder = FOLDER / name
    folder.mkdir()
    found = points.covering(points.every(COPIES, datetime.now(UTC)), point)
    base_name = found.base.strftime(repository.MOMENT)
    asked = {"point": point.isoformat(), "base": base_name, "copies": str(COPIES.folder), "database": "portal"}
    told: object = quarantined.brought(asked, folder)
    return told


def main() -> None:
    program("initdb", "-N", "-k", "-g", "-E", "UTF8", "-A", "trust", "-U", "postgres", "-D", MAIN)
    (MAIN / "postgresql.conf").write_text(f"{SETTINGS}unix_socket_directories = '{FOLDER}'\n")
    program("pg_ctl", "-D", MAIN, "-w", "-s", "-l", FOLDER / "live.log", "start")
    try:
        for statement in ("create database portal", "create role keeper login replication"):
            sql(statement, "postgres")
        sql("grant pg_monitor, pg_read_all_data to keeper", "postgres")
        sql("create table marks (n int primary key)")
        sql(f"create table {NAME} (t text)")
        COPIES.make()
        print(json.dumps(taken_back()))  # noqa: T201 - what was asked for
    finally:
        program("pg_ctl", "-D", MAIN, "-m", "immediate", "-s", "stop")


def taken_back() -> dict[str, object]:
    words = ("-D", str(COPIES.log), "-h", str(FOLDER), "-U", "keeper", "-S", "keeper")
    program("pg_receivewal", *words, "--create-slot", "--if-not-exists")
    with subprocess.Popen([str(PROGRAMS / "pg_receivewal"), *words, "--status-interval=1"]) as stream:
        try:
            sql("insert into marks select generate_series(1, 100)")
            first = base()
            between = settled()
            sql("insert into marks select generate_series(101, 200)")
            early = settled()
            sql("delete from marks")
            late = settled()
            COPIES.compress()
            at, wanted = restored.Server(FOLDER, "portal").rows()
            (FOLDER / "scratch").mkdir()
            alike = restored.rows_at(COPIES, first, at, "portal", FOLDER / "scratch") == wanted
            found = {
                name: brought(name, point) for name, point in (("between", between), ("early", early), ("late", late))
            }
            harmed = FOLDER / "early" / "main" / "base"
            largest = max((one for one in harmed.rglob("*") if one.is_file()), key=lambda one: one.stat().st_size)
            return {"alike": alike, "touched": (FOLDER / "touched").exists(), "file": str(largest), **found}
        finally:
            stream.terminate()


if __name__ == "__main__":
    main()
