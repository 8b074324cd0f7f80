"""Keeps one load balancer as declared: its namespace, its files, its HAProxy."""

import shutil
from pathlib import Path

from city.errors import AstyError, Failed, Refused
from lab import cells
from lab.balancing import config, datagrams
from lab.balancing.balancer import Balancer
from lab.balancing.forwarder import Forwarder
from lab.balancing.haproxy import Haproxy
from lab.balancing.statuses import ERROR, Statuses, statuses
from lab.daemon import Process
from lab.openstack.drivers.exchange import revision
from lab.openstack.drivers.octavia_declared import UDP
from lab.openstack.folders import write_private

_PING = '#!/bin/sh\nexec /usr/bin/ping -n -q -c 1 -- "$3" >/dev/null 2>&1\n'
"""HAProxy gives the member's address as third argument, and ends the command at the monitor's time-out."""
_DATAGRAM = """\
#!/bin/bash
exec 3>"/dev/udp/$3/$4" && printf X >&3 && /bin/sleep 0.7 && printf X >&3 || exit 1
while read -r address _ flags _; do [ "$address $flags" != "$3 0x0" ] || exit 1; done </proc/net/arp
"""
"""Port as fourth argument. The second write fails where ICMP told meanwhile that nobody listens there; an address that
is not found (flags, arp(7)) is a member without power. No answer is no fault: a server may well be silent to what says
nothing (Octavia: UDP-CONNECT)."""
_COMMANDS = {config.PING: _PING, config.DATAGRAM: _DATAGRAM}


class Keeper:
    """Of the load balancer whose files are in `folder`; `namespace` is None where it stands in ours.

    `certificates` is where Octavia's certificate manager keeps them; `user` whom HAProxy becomes.
    """

    def __init__(self, folder: Path, certificates: Path, namespace: str | None, user: str | None) -> None:
        self.folder, self.namespace = folder, namespace
        self._certificates, self._user = certificates, user
        self._haproxy = Haproxy(folder, cells.within(namespace) if namespace else ())
        self._forwarder = Forwarder(namespace) if namespace else None
        self._process: Process | None = None

    def keep(self, balancer: Balancer) -> str:
        """Make it so, if it is not; returns what is in the way, or nothing. What served before goes on serving then."""
        try:
            self._keep(balancer)
        except AstyError as error:
            return str(error)
        finally:
            self._process = self._haproxy.process
        return ""

    @property
    def steady(self) -> bool:
        """Whether what was kept still runs where it belongs. Costs little: it is asked again and again."""
        process = self._process
        return process is not None and process.alive and self._in_place(process)

    def heed(self, balancer: Balancer) -> str:
        """Let the checks' results count for datagrams, too, as HAProxy does by itself for all else."""
        try:
            self._forward(balancer, whole=False)
        except AstyError as error:
            return str(error)
        return ""

    def statuses(self, balancer: Balancer) -> Statuses:
        if not self.steady:
            return {"loadbalancers": {balancer.id: ERROR}}
        return statuses(balancer, self._haproxy.seen(), config.refusals(balancer))

    def stop(self) -> None:
        """End it with every connection; its files stay."""
        self._haproxy.stop()

    def remove(self) -> None:
        """End it and leave nothing of it."""
        self.stop()
        if self.namespace and self.namespace in cells.beginning(self.namespace):
            cells.remove(self.namespace)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _keep(self, balancer: Balancer) -> None:
        self.folder.mkdir(mode=0o711, exist_ok=True)
        self.folder.chmod(0o711)
        process = self._haproxy.process
        if process is not None and not self._in_place(process):
            self._haproxy.stop()
        if self.namespace and self._haproxy.process is None:
            cells.ensure(self.namespace)
        if self._forwarder:
            self._forwarder.prepare()
        self._serve(balancer)
        self._forward(balancer, whole=True)

    def _serve(self, balancer: Balancer) -> None:
        pieces = {name: self._certificate(name) for one in balancer.open for name in one.certificates}
        description = revision([config.text(balancer, "", self._user), pieces])
        if self._haproxy.process is not None and self._haproxy.description() == description:
            return
        self._lay_out(pieces)
        text = config.text(balancer, description, self._user)
        if problem := self._haproxy.check(text):
            raise Refused(f"load balancer {balancer.id}", f"HAProxy refuses it: {problem}", "Change or delete it.")
        self._haproxy.run(text, description)

    def _forward(self, balancer: Balancer, *, whole: bool) -> None:
        listeners = [one for one in config.served_listeners(balancer) if one.protocol == UDP]
        if self._forwarder is None:
            if listeners:
                raise Refused(f"load balancer {balancer.id}", "it has no network of its own", "Forward no datagrams.")
            return
        ill = {name for name, seen in self._haproxy.seen().items() if seen.well is False} if listeners else set()
        rules, over = datagrams.rules(balancer, listeners, ill), datagrams.over(balancer, ill)
        self._forwarder.load(rules, over, whole=whole)

    def _in_place(self, process: Process) -> bool:
        return self.namespace is None or cells.holds(self.namespace, process.pid)

    def _lay_out(self, certificates: dict[str, str]) -> None:
        (self.folder / "tls").mkdir(mode=0o700, exist_ok=True)
        for name, pem in certificates.items():
            write_private(self.folder / config.certificate_file(name), pem)
        for name, script in _COMMANDS.items():
            command = self.folder / name
            command.write_text(script, encoding="ascii")
            command.chmod(0o755)

    def _certificate(self, name: str) -> str:
        """With its chain and its key, as HAProxy wants them in one file."""
        config.certificate_file(name)
        files = [self._certificates / f"{name}.{kind}" for kind in ("crt", "int", "key")]
        try:
            return "\n".join(
                file.read_text(encoding="ascii") for file in files if file.suffix != ".int" or file.exists()
            )
        except OSError as error:
            raise Failed(
                f"certificate {name}", f"it cannot be read ({error.strerror})", f"Look into {self._certificates}."
            ) from error
