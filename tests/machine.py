"""What the tests need of the machine beside what the lab installs itself: `python -m tests.machine`."""

from pathlib import Path

from asty.letters import LETTERS
from lab.system import Need, ensure

NEEDS = (
    Need(package="chromium", why="the dashboard is tested in a real browser", shown_by=Path("/usr/bin/chromium")),
    Need(package="curl", why="it opens a service by its name", shown_by=Path("/usr/bin/curl")),
    Need(package="libnss3-tools", why="a browser is told whom to trust", shown_by=Path("/usr/bin/certutil")),
    Need(package="iproute2", why="the poller is tested on a street of its own", shown_by=Path("/usr/sbin/ip")),
    Need(package="openssh-client", why="OpenSSH judges our signatures", shown_by=Path("/usr/bin/ssh-keygen")),
    Need(package="snmp", why="net-snmp judges the emulated agents", shown_by=Path("/usr/bin/snmpget")),
    *LETTERS,  # the tests of the PDF are collected only where they are there
)

if __name__ == "__main__":
    ensure(NEEDS, print)
