"""After all of that: nothing listened outside loopback, and no password stands where it can be read."""

import re
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest

from asty.workspace import find
from lab.lab import Lab
from tests.e2e.operator import REPOSITORY, Operator

pytestmark = pytest.mark.lab

LISTEN = "0A"


def listeners() -> list[tuple[str, int, int]]:
    """Address in hex, port, and inode of every TCP socket that listens here."""
    found = []
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        for line in table.read_text().splitlines()[1:]:
            columns = line.split()
            if columns[3] == LISTEN:
                address, port = columns[1].split(":")
                found.append((address, int(port, 16), int(columns[9])))
    return found


def bound(pid: int) -> list[str]:
    """The addresses in hex from which a process sends and takes datagrams."""
    own = sockets_of([pid])
    lines = [line.split() for line in Path("/proc/net/udp").read_text().splitlines()[1:]]
    return [columns[1].split(":")[0] for columns in lines if int(columns[9]) in own]


def sockets_of(pids: list[int]) -> set[int]:
    """The inodes of the sockets that these processes hold now; files are opened and closed meanwhile."""
    found = set()
    for pid in pids:
        for link in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(FileNotFoundError):
                match = re.fullmatch(r"socket:\[(\d+)\]", str(link.readlink()))
                found |= {int(match[1])} if match else set()
    return found


def test_the_lab_listens_on_loopback_only(city_up: Operator, lab: Lab) -> None:
    pids = [part.pid for part in lab.status() if part.pid is not None]
    ours = sockets_of(pids)
    heard = [(address, port) for address, port, inode in listeners() if inode in ours]
    assert len(heard) > 400, "the fleet's command lines and the clouds' APIs"
    assert all(len(address) == 8 and address.endswith("7F") for address, _ in heard), "127.0.0.0/8, little-endian"
    assert city_up.workspace == "test"


def test_the_poller_is_reached_from_this_machine_only(city_up: Operator) -> None:
    with city_up.start("poll", "--interval", "60") as process:
        deadline = time.monotonic() + 60
        while not (found := bound(process.pid)) and time.monotonic() < deadline:
            time.sleep(0.05)
    assert found and all(address.endswith("7F") for address in found)


def passwords(lab: Lab) -> list[str]:
    """Every secret that the lab made, as text."""
    found = [file.read_text(encoding="utf-8").strip() for file in lab.params.secrets.iterdir() if file.is_file()]
    return [secret for secret in found if secret and "PRIVATE KEY" not in secret]


def test_no_password_of_the_lab_can_be_read(city_up: Operator, lab: Lab) -> None:
    home = find(city_up.environment).home
    secrets = passwords(lab)
    passphrase = (home / "sites" / "recovery" / "passphrase").read_text(encoding="utf-8").strip()
    assert len(secrets) >= 4
    where = [
        *files(home / "plans"),
        *files(home / "logs"),
        *files(lab.params.logs),
        *files(home / "sites" / "recovery" / "pulumi"),
    ]
    where += [file for file in (home / "ledger.sqlite", home / "journal.sqlite") if file.exists()]
    where += [file for file in files(lab.params.root) if others_may_read(file)]
    assert len(where) > 20
    for file in where:
        content = content_of(file)
        for secret in (*secrets, passphrase):
            assert secret.encode() not in content, f"{file} holds a password"


def test_no_password_of_the_lab_is_in_git(lab: Lab) -> None:
    log = subprocess.run(
        ["git", "log", "--all", "-p", "--no-color"],  # noqa: S607 - git of the machine
        cwd=REPOSITORY,
        capture_output=True,
        check=True,
    ).stdout
    assert not [secret for secret in passwords(lab) if secret.encode() in log]


def test_no_password_shows_in_the_list_of_processes(lab: Lab) -> None:
    lines = [content_of(file) for file in Path("/proc").glob("[0-9]*/cmdline")]
    assert any(b"lab.fleet" in line for line in lines)
    assert not [secret for secret in passwords(lab) for line in lines if secret.encode() in line]


def content_of(file: Path) -> bytes:
    """Empty where it is gone by now: the lab lives, and processes of the whole machine come and go."""
    try:
        return file.read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def others_may_read(file: Path) -> bool:
    try:
        return bool(file.stat().st_mode & 0o077)
    except FileNotFoundError:
        return False


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
