"""The MariaDB of one region: on a Unix socket only, where the kernel says who is connected.

No password exists that could leak, and nothing of it listens on an address.
"""

import re
import socket
import subprocess
from pathlib import Path

from city.errors import Failed, InvalidInput
from lab.daemon import Daemon
from lab.openstack.environment import MARIADBD
from lab.openstack.spec import RegionSpec

DATABASES = (
    "keystone",
    "glance",
    "placement",
    "nova_api",
    "nova_cell0",
    "nova",
    "neutron",
    "cinder",
    "designate",
    "octavia",
)
_SYSTEM_TABLES = tuple(
    Path("/usr/share/mysql") / name
    for name in ("mysql_system_tables.sql", "mysql_performance_tables.sql", "mysql_system_tables_data.sql")
)
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_.$-]+")
_STORAGE = (
    "--innodb-log-file-size=32M",
    "--innodb-flush-method=nosync",  # survives kill -9; a power cut of the machine may cost the lab its state
    "--character-set-server=utf8mb4",
)


def quoted(text: str) -> str:
    """`text` as an SQL string; refuses what a name, address or hash of ours never holds."""
    if not re.fullmatch(r"[\w .:/$@?=&+%{}-]*", text, re.ASCII):
        raise ValueError(f"{text!r} is not to be put into SQL")
    return f"'{text}'"


def create(folder: Path, user: str) -> None:
    """A new data folder with empty databases, open to `user` of this machine. Raises Failed."""
    if not _PLAIN_NAME.fullmatch(user):
        raise InvalidInput(f"user {user}", "the name has letters that SQL would take for more", "Run as another user.")
    folder.mkdir(mode=0o700, parents=True)
    system = "\n".join(file.read_text(encoding="utf-8") for file in _SYSTEM_TABLES)
    made = "".join(f"CREATE DATABASE {name} CHARACTER SET utf8mb3;\n" for name in DATABASES)
    run(folder, user, f"CREATE DATABASE mysql;\nUSE mysql;\nSET @auth_root_socket={quoted(user)};\n{system}\n{made}")


def run(folder: Path, user: str, sql: str) -> None:
    """Run statements on a database that is not started. Raises Failed with the server's last words."""
    done = subprocess.run(  # noqa: S603 - constant arguments and own folders
        [
            str(MARIADBD),
            "--no-defaults",
            "--bootstrap",
            f"--datadir={folder}",
            f"--user={user}",
            "--log-warnings=0",
            *_STORAGE,
        ],
        input=sql,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode or "ERROR" in done.stderr:
        raise Failed(f"database {folder}", done.stderr.strip()[-500:], "Wipe the lab and start it anew.")


def server(spec: RegionSpec, user: str) -> Daemon:
    """The server process of a region."""
    return Daemon(
        name=f"{spec.name} mariadb",
        argv=(
            str(MARIADBD),
            "--no-defaults",
            f"--datadir={spec.database}",
            f"--user={user}",
            "--skip-networking",
            f"--socket={spec.socket}",
            "--innodb-flush-log-at-trx-commit=2",  # each commit reaches the kernel, so kill -9 loses none
            "--innodb-doublewrite=0",
            "--innodb-buffer-pool-size=64M",
            "--performance-schema=OFF",
            "--max-connections=300",
            "--skip-log-bin",
            "--log-warnings=1",  # not of every client that was killed
            "--table-open-cache=600",
            *_STORAGE,
        ),
        pid_file=spec.pid_file("mariadb"),
        log=spec.logs / "mariadb.log",
        cwd=spec.folder,
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(spec.folder)},
    )


def answers(spec: RegionSpec) -> bool:
    """Whether the server greets on its socket."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(5)
        try:
            client.connect(str(spec.socket))
            return bool(client.recv(1))
        except OSError:
            return False
