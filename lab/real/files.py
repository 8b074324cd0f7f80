"""What one real router is made of on disk: the files of its folder in the lab, written before it starts.

etc/            passwd, shadow and group that only it sees: its one user, who has FRR's own uid
sshd_config, host_key, snmpd.conf

They belong to whoever has the lab. What the daemons keep beside them is theirs, and `lab.real.cell` makes it.
"""

import os
import re
import subprocess
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

from city.secrets import Secret
from lab.fleet.credentials import SNMP_USER, SNMP_USER_SHA1, Credentials
from lab.params import SNMP_PORT, SSH_PORT
from lab.real.cell import FRR_USER

USER = "router"


@dataclass(frozen=True, slots=True, kw_only=True)
class Router:
    """One device of platform frr. `ports` interfaces eth1… stand in its network namespace."""

    id: str
    folder: Path
    address: IPv4Address
    ports: int


def lay_out(router: Router, credentials: Credentials) -> None:
    """Write every file of the router that says how it is reached. What it saved itself stays."""
    (router.folder / "etc").mkdir(mode=0o700, parents=True, exist_ok=True)
    password = credentials.secret("device-password")
    _accounts(router.folder / "etc", password)
    _private(router.folder / "host_key", credentials.host_key(router.id).export_private_key().decode())
    _private(router.folder / "sshd_config", _sshd(router))
    _private(router.folder / "snmpd.conf", _snmpd(router, credentials))


def _accounts(folder: Path, password: Secret) -> None:
    """The machine's accounts and one more: USER with FRR's uid, so that what vtysh writes is FRR's."""
    passwd, group = Path("/etc/passwd").read_text(encoding="utf-8"), Path("/etc/group").read_text(encoding="utf-8")
    uid, gid = _ids(passwd, FRR_USER)
    _open_to_all(folder / "passwd", f"{passwd}{USER}:x:{uid}:{gid}::/:/bin/sh\n")
    _open_to_all(folder / "group", group)
    _private(folder / "shadow", f"root:*:19000::::::\nsshd:*:19000::::::\n{USER}:{_hashed(password)}:19000::::::\n")
    folder.chmod(0o755)


def _hashed(password: Secret) -> str:
    """As crypt(5) has it, SHA-512. The password goes in by a pipe: no command line shows it."""
    done = subprocess.run(
        ["/usr/bin/openssl", "passwd", "-6", "-stdin"],
        input=password.reveal(),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def _sshd(router: Router) -> str:
    return f"""ListenAddress {router.address}:{SSH_PORT}
HostKey {router.folder / "host_key"}
PidFile none
UsePAM no
PasswordAuthentication yes
KbdInteractiveAuthentication no
PubkeyAuthentication no
AllowUsers {USER}
UseDNS no
MaxStartups 200
PrintMotd no
PrintLastLog no
SetEnv VTYSH_PAGER=cat
ForceCommand /usr/bin/vtysh
"""


def _snmpd(router: Router, credentials: Credentials) -> str:
    auth, priv = credentials.secret("snmp-auth").reveal(), credentials.secret("snmp-priv").reveal()
    return f"""agentaddress udp:{router.address}:{SNMP_PORT}
createUser {SNMP_USER} SHA-256 "{auth}" AES "{priv}"
createUser {SNMP_USER_SHA1} SHA "{auth}" AES "{priv}"
rouser {SNMP_USER} priv
rouser {SNMP_USER_SHA1} priv
rocommunity {credentials.secret("snmp-community").reveal()} 127.0.0.0/8
sysServices 6
dontLogTCPWrappersConnects yes
"""


def _ids(passwd: str, user: str) -> tuple[int, int]:
    found = re.search(rf"^{re.escape(user)}:[^:]*:(\d+):(\d+):", passwd, re.MULTILINE)
    if found is None:
        raise LookupError(f"there is no user {user}, though its package is installed")
    return int(found[1]), int(found[2])


def _open_to_all(file: Path, content: str) -> None:
    file.write_text(content, encoding="utf-8")
    file.chmod(0o644)


def _private(file: Path, content: str) -> None:
    """Mode 0600 from the first byte on. What was there goes, whoever's it was."""
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        out.write(content)
