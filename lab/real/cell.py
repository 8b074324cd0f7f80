"""`python -m lab.real.cell FOLDER ADDRESS PORTS`: one real router, inside its own pid, mount and UTS namespaces.

It is process 1 there, so that its end ends everything: daemons, sessions, mounts, the network namespace.
FRR and the SNMP agent live in a network namespace of their own, with `PORTS` interfaces; the agent's
socket was opened outside of it and is handed over, as systemd does (sd_listen_fds(3)). sshd listens
outside and reaches FRR by its sockets. Started by lab.real.process, as root.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from lab.params import SNMP_PORT

FRR_USER, SNMP_DAEMON_USER = "frr", "Debian-snmp"
_FACTORY = """frr defaults traditional
hostname frr
service integrated-vtysh-config
!
"""
_ETC = "/run/etc"
_CRASH_LOGS = "/var/tmp"  # noqa: S108 - a mount point, and only this router sees what is mounted
_NETNS, _STREET = "router", "street"
_INSIDE = ("/usr/sbin/ip", "netns", "exec", _NETNS)
_HAND_OVER = 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$@" 3<&"$0"'
"""A constant script for sh: `$@` is the program, which finds the descriptor numbered `$0` as its number 3."""
_PATIENCE_S = 20.0


def main() -> None:
    folder, address, ports = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    socket.sethostname(folder.name)
    _hand_over(folder)
    _mounts(folder)
    _network(ports)
    children = [_router("zebra", "-e", "8"), _router("staticd")]
    _await([Path("/run/frr/zebra.vty"), Path("/run/frr/staticd.vty")])
    _run(["/usr/bin/vtysh", "-b"])
    children += [_agent(folder, address), _sshd(folder)]
    Path(folder / "ready").touch()
    _wait_for_the_first_to_end({child.pid for child in children})


def _hand_over(folder: Path) -> None:
    """Give the daemons what is theirs: frr/ becomes /etc/frr, whose frr.conf outlives the router; snmp/ the agent's."""
    for name, owner in (("frr", FRR_USER), ("snmp", SNMP_DAEMON_USER)):
        (folder / name).mkdir(mode=0o700, exist_ok=True)
        shutil.chown(folder / name, owner, owner)
    startup = folder / "frr" / "frr.conf"
    if not startup.exists():
        startup.write_text(_FACTORY, encoding="utf-8")
        startup.chmod(0o640)
    vtysh = folder / "frr" / "vtysh.conf"
    vtysh.write_text("service integrated-vtysh-config\n", encoding="utf-8")
    for file in (startup, vtysh):
        shutil.chown(file, FRR_USER, FRR_USER)
    shutil.chown(folder / "snmpd.conf", SNMP_DAEMON_USER, SNMP_DAEMON_USER)


def _mounts(folder: Path) -> None:
    """What this router sees in place of the machine's; nobody else does.

    Its /etc is a copy: a mount over a single file ends when somebody on the machine writes that file
    anew, as useradd does with passwd. Where FRR writes its crash logs stays the machine's for a router whose
    own folder lies there.
    """
    for scratch in ("/run", *([] if folder.is_relative_to(_CRASH_LOGS) else [_CRASH_LOGS])):
        _run(["/bin/mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", scratch])
    _run(["/bin/cp", "-a", "/etc", _ETC])
    for name in ("passwd", "shadow", "group"):
        _run(["/bin/cp", str(folder / "etc" / name), f"{_ETC}/{name}"])
    _run(["/bin/mount", "--bind", _ETC, "/etc"])
    _run(["/bin/mount", "--bind", str(folder / "frr"), "/etc/frr"])
    _run(["/bin/mount", "--bind", str(folder / "snmp"), "/var/lib/snmp"])
    _run(["/usr/bin/install", "-d", "-o", "frr", "-g", "frr", "-m", "755", "/run/frr"])
    Path("/run/sshd").mkdir(mode=0o755)


def _network(ports: int) -> None:
    """Each port is a cable whose other end lies in a namespace of its own: up, with nobody there."""
    for name in (_NETNS, _STREET):
        _run(["/usr/sbin/ip", "netns", "add", name])
    _run([*_INSIDE, "/usr/sbin/ip", "link", "set", "lo", "up"])
    for name in (f"eth{port}" for port in range(1, ports + 1)):
        cable = ["/usr/sbin/ip", "link", "add", name, "netns", _NETNS, "type", "veth", "peer", "name", name]
        _run([*cable, "netns", _STREET])
        for end in (_NETNS, _STREET):
            _run(["/usr/sbin/ip", "-n", end, "link", "set", name, "up"])


def _router(daemon: str, *options: str) -> "subprocess.Popen[bytes]":
    return _start([*_INSIDE, f"/usr/lib/frr/{daemon}", "-A", "127.0.0.1", "-P", "0", *options])


def _agent(folder: Path, address: str) -> "subprocess.Popen[bytes]":
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind((address, SNMP_PORT))
        argv = ["/usr/sbin/snmpd", "-f", "-Lo", "-I", "-smux", "-u", "Debian-snmp"]
        return subprocess.Popen(  # noqa: S603 - a list; what varies is this lab's own
            ["/bin/sh", "-c", _HAND_OVER, str(listener.fileno()), *_INSIDE, *argv],
            stdin=subprocess.DEVNULL,
            pass_fds=(listener.fileno(),),
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "SNMPCONFPATH": f"{folder}:/var/lib/snmp", "MIBS": ""},
        )


def _sshd(folder: Path) -> "subprocess.Popen[bytes]":
    return _start(["/usr/sbin/sshd", "-D", "-e", "-f", str(folder / "sshd_config")])


def _start(argv: Sequence[str]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(argv, stdin=subprocess.DEVNULL)  # noqa: S603 - a list; what varies is this lab's own


def _run(argv: Sequence[str]) -> None:
    subprocess.run(argv, check=True, stdin=subprocess.DEVNULL)  # noqa: S603 - as above


def _await(sockets: Sequence[Path]) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while not all(path.exists() for path in sockets):
        if time.monotonic() > deadline:
            raise TimeoutError(f"FRR did not open {', '.join(map(str, sockets))}")
        time.sleep(0.02)


def _wait_for_the_first_to_end(children: set[int]) -> None:
    """Reap whoever ends, as process 1 must; when a daemon does, the router is at its end."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    while (ended := os.wait()[0]) not in children:
        pass
    sys.exit(f"daemon with pid {ended} ended")


if __name__ == "__main__":
    main()
