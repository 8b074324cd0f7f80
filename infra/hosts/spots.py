"""From where ports are tried: by a process of this machine's, or by a host of a service, over SSH."""

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from city.errors import Failed, NeedsPerson
from infra.hosts import scanner
from infra.hosts.access import Access, Dial
from infra.hosts.host import Host
from infra.hosts.session import session, words

MODULE = scanner.__name__


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """A process of ours: `python` runs a module of ours where it is to stand."""

    name: str
    python: Sequence[str]
    longest_s: float

    def ask(self, question: str) -> str:
        command = (*self.python, MODULE, question)
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=self.longest_s, check=False)  # noqa: S603 - our own words, and JSON
        except subprocess.TimeoutExpired:
            raise NeedsPerson(self.name, f"it did not end within {self.longest_s:g} s", "Try fewer ports.") from None
        if done.returncode:
            raise Failed(self.name, _last(done.stderr) or f"it ends with {done.returncode}", "Look whether it stands.")
        return done.stdout


@dataclass(frozen=True, slots=True, kw_only=True)
class Far:
    """A host, which runs the scanner as it is sent, and keeps nothing of it."""

    host: Host
    access: Access
    dial: Dial | None = None

    @property
    def name(self) -> str:
        return str(self.host)

    def ask(self, question: str) -> str:
        program = Path(scanner.__file__).read_text(encoding="utf-8")
        with session(self.host, self.access, self.dial) as standing:
            ran = standing.run(words(["python3", "-c", program, question]))
        if ran.exit or ran.cut:
            raise Failed(self.name, _last(ran.stderr) or "it wrote more than is kept", "Look at python3 there.")
        return ran.stdout


def _last(text: str) -> str:
    return text.strip().rpartition("\n")[2]
