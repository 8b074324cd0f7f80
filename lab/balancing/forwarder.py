"""Has the kernel forward datagrams as the rules of a load balancer say, in its network namespace. Takes root."""

import contextlib
import subprocess
from collections.abc import Collection, Mapping
from pathlib import Path

from city.errors import Failed
from lab import cells
from lab.net.kernel import inside

NFT, CONNTRACK = Path("/usr/sbin/nft"), Path("/usr/sbin/conntrack")
_SWITCHES = {
    "ip_forward": "1",
    "conf/all/send_redirects": "0",
    "conf/default/send_redirects": "0",
}
"""Members may be their clients' neighbours, and no redirect shall tell so (ip-sysctl of the kernel)."""
_NEIGHBOURS = {"retrans_time_ms": "200", "base_reachable_time_ms": "5000", "delay_first_probe_time": "1"}
"""A member that has no power is missed within seconds: that its address is found no more is all that a check without
an answer can see of it (arp(7))."""


class Forwarder:
    """In the namespace of that name."""

    def __init__(self, namespace: str) -> None:
        self._namespace = namespace
        self._loaded = ""

    def prepare(self) -> None:
        """Before the network plugs anything in: an interface takes what is the default when it comes."""
        with inside(self._namespace):
            _write(Path("/proc/sys/net/ipv4"), _SWITCHES)

    def load(self, rules: str, over: Collection[tuple[str, int]], *, whole: bool) -> None:
        """Have these rules, then end the conversations with members that are `over`; without `whole` only if new.

        Raises Failed where the kernel refuses them.
        """
        self._tune()
        if rules == self._loaded and not whole:
            return
        done = self._run(NFT, "-f", "-", text=rules)
        if done.returncode:
            problem = f"the kernel refuses its rules for datagrams: {done.stderr.strip()[:300]}"
            raise Failed(f"load balancer in {self._namespace}", problem, "Change or delete its UDP listeners.")
        self._loaded = rules
        for address, port in sorted(over):
            self._run(CONNTRACK, "-D", "-p", "udp", "--reply-src", address, "--reply-port-src", str(port))

    def _tune(self) -> None:
        """Each link that was plugged in since; what it found already is looked for again, with the times of now."""
        with inside(self._namespace):
            links = Path("/proc/sys/net/ipv4/neigh").glob("eth*")
            new = [link.name for link in links if _write(link, _NEIGHBOURS)]
        for link in new:
            self._run(Path(cells.IP), "neighbour", "flush", "dev", link)

    def _run(self, program: Path, *words: str, text: str = "") -> subprocess.CompletedProcess[str]:
        command = (*cells.within(self._namespace), str(program), *words)
        return subprocess.run(command, input=text, capture_output=True, text=True, check=False)  # noqa: S603 - words of our own


def _write(folder: Path, values: Mapping[str, str]) -> bool:
    """Whether anything was otherwise. A link that goes meanwhile needs none."""
    changed = False
    for name, value in values.items():
        with contextlib.suppress(FileNotFoundError):
            if (folder / name).read_text(encoding="ascii").strip() != value:
                (folder / name).write_text(value, encoding="ascii")
                changed = True
    return changed
