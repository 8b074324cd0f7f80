"""Real sshds, each in a network namespace of its own, so that what listens there is what a test started there."""

import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

from infra.hosts.host import Host
from lab.net.kernel import inside
from tests.waiting import until

PORT = 22
ADDRESS = IPv4Address("127.0.0.1")
_IP = "/usr/sbin/ip"
_CONFIG = """\
ListenAddress 0.0.0.0:{port}
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/authorized_keys
PidFile {folder}/pid
UsePAM no
StrictModes no
UseDNS no
MaxStartups 100
PasswordAuthentication no
KbdInteractiveAuthentication no
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Daemon:
    """A host with a real sshd; `identity` opens it."""

    host: Host
    namespace: str
    identity: Path
    server: "subprocess.Popen[bytes]"

    def dial(self, host: Host) -> socket.socket:
        """A connection to it: its loopback is all that there is of its network."""
        with inside(self.namespace):
            return socket.create_connection((str(host.address), host.port), 60)

    @contextmanager
    def listening(self, port: int, address: str = "0.0.0.0", kind: int = socket.SOCK_STREAM) -> Iterator[None]:  # noqa: S104 - in the namespace
        with inside(self.namespace), socket.socket(socket.AF_INET, kind) as server:
            server.bind((address, port))
            if kind == socket.SOCK_STREAM:
                server.listen()
            yield


def make_key(file: Path, passphrase: str = "") -> str:
    """A key pair; returns its public half."""
    file.parent.mkdir(parents=True, exist_ok=True)
    command = ["/usr/bin/ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-C", "", "-f", str(file)]
    subprocess.run(command, check=True)
    return file.with_suffix(".pub").read_text().strip()


@contextmanager
def daemon(folder: Path, name: str, mark: str) -> Iterator[Daemon]:
    """One that answers, until the end."""
    namespace, identity = f"{mark}-{name}", folder / "identity"
    with ExitStack() as ends:
        subprocess.run([_IP, "netns", "add", namespace], check=True)
        ends.callback(subprocess.run, [_IP, "netns", "delete", namespace], check=True)
        subprocess.run([_IP, "-n", namespace, "link", "set", "lo", "up"], check=True)
        host_key = make_key(folder / "host_key")
        (folder / "authorized_keys").write_text(make_key(identity))
        (folder / "config").write_text(_CONFIG.format(port=PORT, folder=folder))
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        command = [_IP, "netns", "exec", namespace, "/usr/sbin/sshd", "-D", "-e", "-f", str(folder / "config")]
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        ends.callback(_end, server)
        host = Host(name=name, site="datacentre", address=ADDRESS, keys=(host_key,), port=PORT)
        found = Daemon(host=host, namespace=namespace, identity=identity, server=server)
        until(lambda: _answers(found))
        yield found


def _end(server: "subprocess.Popen[bytes]") -> None:
    server.terminate()
    server.wait(60)


def _answers(found: Daemon) -> bool:
    assert found.server.poll() is None, "sshd ended"
    try:
        found.dial(found.host).close()
    except OSError:
        return False
    return True
