"""Where a host was found last, on this machine: its cloud, which may have much to do, is not asked each time.

Nobody else is taken for that host: only who shows a key that its cloud recorded then is spoken to.
"""

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

from infra.hosts.host import Host


@dataclass(frozen=True, slots=True)
class LastFound:
    """In one small file."""

    file: Path

    def recall(self, name: str, site: str) -> Host | None:
        """None where that host is not remembered, or what is remembered cannot be read."""
        try:
            told = json.loads(self.file.read_bytes())
            host = Host(
                name=str(told["name"]),
                site=str(told["site"]),
                address=IPv4Address(told["address"]),
                keys=tuple(map(str, told["keys"])),
                port=int(told["port"]),
            )
        except (OSError, ValueError, TypeError, KeyError):
            return None
        return host if (host.name, host.site) == (name, site) else None

    def keep(self, host: Host) -> None:
        """Remember it alone. A kill leaves the file as it was before or after; who cannot remember asks again."""
        told = {
            "name": host.name,
            "site": host.site,
            "address": str(host.address),
            "keys": host.keys,
            "port": host.port,
        }
        partial = self.file.with_name(f".{self.file.name}.{os.getpid()}")
        with suppress(OSError):
            partial.write_text(json.dumps(told), encoding="ascii")
            partial.chmod(0o600)
            partial.replace(self.file)
