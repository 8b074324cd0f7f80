"""Patroni over a pair of PostgreSQL, as its own manual has it: for the measurements beside it.

It is fetched from the package index into a folder of the measurement: it is no dependency of ours. Its store is its own
raft, with a third voter that has no database, and its times are its defaults (ttl 30 s, loop_wait 10 s).
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.drs.postgres.pairs import OWNER, PROGRAMS, free_port

WANTED = ("patroni[raft]==4.1.5", "psycopg[binary]==3.2.13")
_PATIENCE_S = 180
_PYTHON = str(Path(sys.executable).resolve())
_PARAMETERS = {
    "fsync": "off",
    "wal_log_hints": "on",
    "shared_buffers": "8MB",
    "wal_retrieve_retry_interval": "100ms",
    "max_slot_wal_keep_size": "256MB",
}
"""As tests.drs.postgres.pairs has them."""


def fetched(folder: Path) -> Path:
    """Where Python finds it."""
    there = folder / "patroni"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(there), *WANTED]
    subprocess.run(command, check=True)
    return there


@dataclass(kw_only=True)
class Member:
    name: str
    port: int
    api: int
    config: Path
    data: Path
    process: "subprocess.Popen[bytes]"

    def kill(self) -> None:
        """As a machine that dies: Patroni, its share of the store, and its database at once."""
        os.killpg(self.process.pid, signal.SIGSTOP)
        postmaster = int((self.data / "postmaster.pid").read_text().splitlines()[0])
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
        os.killpg(self.process.pid, signal.SIGKILL)
        for process in (postmaster, *map(int, children)):
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)


@dataclass(kw_only=True)
class Patroni:
    """`one` leads at first."""

    one: Member
    other: Member
    library: Path
    others: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    def switch(self) -> None:
        """As an operator does, with the command of the trade."""
        words = ("switchover", "--force", "--primary", self.one.name, "--candidate", self.other.name)
        call = "from patroni.ctl import ctl; ctl()"
        command = [_PYTHON, "-c", call, "-c", str(self.one.config), *words]
        subprocess.run(command, env=_environ(self.library), check=True, stdout=subprocess.DEVNULL)


@contextmanager
def running(folder: Path, library: Path) -> Iterator[Patroni]:
    """A pair that streams, and the third voter. Whatever runs at the end is ended."""
    raft = [f"127.0.0.1:{free_port()}" for _ in range(3)]
    started: list[subprocess.Popen[bytes]] = []
    try:
        started.append(_start(library, _config(folder, "witness", raft, 2), "patroni.raft_controller"))
        members = []
        for number, name in enumerate(("one", "other")):
            port, api, data = free_port(), free_port(), folder / name
            config = _config(folder, name, raft, number, _database(folder, name, port, api))
            started.append(_start(library, config, "patroni.__main__"))
            members.append(Member(name=name, port=port, api=api, config=config, data=data, process=started[-1]))
            _await(members[-1], "primary" if number == 0 else "replica")
        yield Patroni(one=members[0], other=members[1], library=library)
    finally:
        for process in started:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        for name in ("one", "other"):
            now = (str(PROGRAMS / "pg_ctl"), "-D", str(folder / name), "-m", "immediate", "stop")
            subprocess.run(_owned(*now), capture_output=True, check=False)


def _config(folder: Path, name: str, raft: list[str], number: int, more: dict[str, Any] | None = None) -> Path:
    """YAML takes JSON."""
    kept = folder / f"raft-{name}"
    kept.mkdir()
    partners = [one for at, one in enumerate(raft) if at != number]
    told = {"raft": {"data_dir": str(kept), "self_addr": raft[number], "partner_addrs": partners}, **(more or {})}
    file = folder / f"{name}.yml"
    file.write_text(json.dumps({"scope": "bench", "name": name, **told}))
    if OWNER:
        subprocess.run(["/usr/bin/chown", "-R", OWNER, str(folder)], check=True)
    return file


def _database(folder: Path, name: str, port: int, api: int) -> dict[str, Any]:
    trusted = ["local all all trust", "host all all 127.0.0.1/32 trust", "host replication all 127.0.0.1/32 trust"]
    who = {"username": "postgres", "password": "unused"}
    return {
        "restapi": {"listen": f"127.0.0.1:{api}", "connect_address": f"127.0.0.1:{api}"},
        "bootstrap": {
            "dcs": {"postgresql": {"use_pg_rewind": True, "parameters": _PARAMETERS}},
            "initdb": [{"encoding": "UTF8"}, "no-sync"],
        },
        "postgresql": {
            "listen": f"127.0.0.1:{port}",
            "connect_address": f"127.0.0.1:{port}",
            "data_dir": str(folder / name),
            "bin_dir": str(PROGRAMS),
            "pg_hba": trusted,
            "authentication": {"superuser": who, "replication": who, "rewind": who},
            "parameters": {"unix_socket_directories": str(folder)},
        },
    }


def _owned(*command: str) -> list[str]:
    return ["/usr/sbin/runuser", "-u", OWNER, "--", *command] if OWNER else list(command)


def _environ(library: Path) -> dict[str, str]:
    return {"PYTHONPATH": str(library), "PATH": os.environ["PATH"], "HOME": "/tmp"}  # noqa: S108 - it keeps nothing


def _start(library: Path, config: Path, module: str) -> "subprocess.Popen[bytes]":
    call = f"from {module} import main; main()"
    with config.with_suffix(".log").open("wb") as log:
        return subprocess.Popen(
            _owned(_PYTHON, "-c", call, str(config)),
            env=_environ(library),
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def _await(member: Member, role: str) -> None:
    """As Patroni itself says it, by its own REST API."""
    deadline, said = time.monotonic() + _PATIENCE_S, ""
    while time.monotonic() < deadline:
        command = ["/usr/bin/curl", "-s", "-m", "2", f"http://127.0.0.1:{member.api}/patroni"]
        said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
        with suppress(ValueError):
            told = json.loads(said)
            streams = role == "primary" or told.get("replication_state") == "streaming"
            if told.get("role") == role and told.get("state") == "running" and streams:
                return
        time.sleep(0.2)
    raise RuntimeError(f"{member.name} is no {role}: {said}")
