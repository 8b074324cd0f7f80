"""Runs inside a copy at its first boot, in a rehearsal: promotes its database, and has its application write a mark.

Nobody can reach the copy, and the copy reaches nobody: what came of it is one line on the console. The image's Python
only. Its one argument is JSON: the token, the statement that counts rows, and how long to wait for what.
"""

import json
import os
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from http.client import HTTPException, HTTPSConnection
from pathlib import Path
from typing import Any

ENVIRONMENT = Path("/run/service.env")
CONSOLE = Path("/dev/console")
TRUST = Path("/etc/ssl/service/trust.pem")
PSQL = ("/usr/sbin/runuser", "-u", "postgres", "--", "/usr/lib/postgresql/15/bin/psql", "-XAtqw")
_STATE = """select json_build_object('recovering', pg_is_in_recovery(),
  'system', (select system_identifier::text from pg_control_system()))"""
_TIMELINE = "select ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int"
_OK, _CREATED = 200, 201


class NotYetError(Exception):
    """What is waited for, in a sentence."""


def known(file: Path) -> "dict[str, str]":
    """Of service.env, which comes while the host starts. Raises NotYetError."""
    if not file.exists():
        raise NotYetError(f"{file} is not there")
    lines = (line.partition("=") for line in file.read_text(encoding="utf-8").splitlines())
    return {name: value.strip('"') for name, _, value in lines if name}


def ask(statement: str, database: str = "postgres") -> str:
    """Raises NotYetError."""
    argv = (*PSQL, "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-d", database, "-c", statement)
    try:
        done = subprocess.run(argv, capture_output=True, text=True, check=False, cwd="/", timeout=90)  # noqa: S603 - own words
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotYetError(f"psql: {error}") from error
    if done.returncode:
        raise NotYetError((done.stderr.strip() or "psql failed").splitlines()[-1][:200])
    return done.stdout.strip()


def call(host: Mapping[str, str], method: str, path: str, body: "str | None" = None) -> "tuple[int, Any]":
    """The application on this very host, at the host's own address. Raises NotYetError."""
    trust = ssl.create_default_context(cafile=TRUST)
    line = HTTPSConnection(host["DATABASE_HOSTS"], int(host["PORT"]), timeout=10, context=trust)
    try:
        line.request(method, path, body, {"Content-Type": "application/json", "Connection": "close"})
        answer = line.getresponse()
        return answer.status, json.loads(answer.read() or b"null")
    except (OSError, HTTPException, ValueError) as error:
        raise NotYetError(f"the application: {error}") from error
    finally:
        line.close()


def until(done: "Callable[[], Any]", for_s: float) -> Any:  # noqa: ANN401 - whatever is waited for
    """Raises NotYetError with what it still waited for."""
    end = time.monotonic() + for_s
    while True:
        try:
            return done()
        except NotYetError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


def ready(host: Mapping[str, str]) -> None:
    status, said = call(host, "GET", "/readyz")
    if status != _OK:
        raise NotYetError(f"the application is not ready: {said}")


def written(host: Mapping[str, str], token: str) -> int:
    status, said = call(host, "POST", "/marks", json.dumps({"token": token}))
    if status not in {_OK, _CREATED}:
        raise NotYetError(f"the application takes no mark: {status} {said}")
    return int(said["number"])


def kept(host: Mapping[str, str], number: int, token: str) -> bool:
    """Whether the mark is read back."""
    status, said = call(host, "GET", f"/marks?after={number - 1}&limit=1")
    return status == _OK and [row["token"] for row in said] == [token]


def work(asked: Mapping[str, Any], told: "dict[str, Any]") -> None:
    """Notes in `told` what came of each part, as it comes. Raises NotYetError."""
    begun = time.monotonic()
    host = until(lambda: known(ENVIRONMENT), asked["patience_s"])
    state = json.loads(until(lambda: ask(_STATE), asked["patience_s"]))
    told.update(system=state["system"], followed=state["recovering"], database_s=time.monotonic() - begun)
    if state["recovering"] and ask(f"select pg_promote(true, {int(asked['patience_s'])})") != "t":
        raise NotYetError("the database is not promoted")
    told.update(timeline=int(ask(_TIMELINE)), promoted_s=time.monotonic() - begun)
    told["rows"] = json.loads(ask(asked["count"], host["DATABASE"]))
    until(lambda: ready(host), asked["patience_s"])
    number = until(lambda: written(host, asked["token"]), asked["patience_s"])
    told.update(written_s=time.monotonic() - begun, kept=kept(host, number, asked["token"]))


def main(asked: "dict[str, Any]") -> None:
    told: dict[str, Any] = {"token": asked["token"], "rows": {}}
    try:
        work(asked, told)
    except Exception as error:  # noqa: BLE001 - the console is all that anybody sees of this host
        told["problem"] = f"{type(error).__name__}: {error}" if not isinstance(error, NotYetError) else str(error)
    with CONSOLE.open("a", encoding="utf-8") as console:
        console.write(f"\nrehearsal: {json.dumps(told)}\n")


if __name__ == "__main__":
    os.chdir("/")
    main(json.loads(sys.argv[1]))
