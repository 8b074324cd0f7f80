"""Who keeps drills at the recovery site, on a host there: the plan and the journal of each, and who conducts.

What lies here is a copy. What the host answers is judged as what lies here is: line by line, by digests and rules.
"""

from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from inspect import getsource
from pathlib import Path, PurePosixPath
from secrets import token_hex
from typing import Any, Protocol

from city.errors import Failed, NeedsPerson, Refused
from drs.drill import on_host

PROGRAM = getsource(on_host)
"""What answers on the host: `python3 -I -c PROGRAM`."""
JOURNAL_STANDS = "journal_stands"
"""The step of a drill whose journal is kept there: it is proven, or a person answers for going on without."""


class Line(Protocol):
    """To the program that runs on the host."""

    @property
    def host(self) -> str:
        """As people know it."""
        ...

    def ask(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        """Its answer. Raises Failed where the host cannot be reached, or does not answer in time."""
        ...


class Astray(NeedsPerson):
    """The host keeps another history than this machine knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Custodian:
    """All drills. `lease` is ours to hold while we conduct one."""

    line: Line
    lease: Mapping[str, str] = field(default_factory=dict)

    def drills(self) -> Mapping[str, int]:
        """Each by its name, with the length of its journal in bytes."""
        return dict(self.ask("list")["drills"])

    def bring(self, drill: str, folder: Path) -> None:
        """Keep plan and city of that folder for the drill. Raises Refused where another drill has its name."""
        files = [folder / "plan.json", *sorted(file for file in (folder / "city").rglob("*") if file.is_file())]
        made = {file.relative_to(folder).as_posix(): b64encode(file.read_bytes()).decode() for file in files}
        if self.ask("bring", drill=drill, made=made).get("taken"):
            raise Refused(f"drill {drill}", f"{self.line.host} keeps another of this name", "Begin it once more.")

    def made(self, drill: str, folder: Path) -> None:
        """Write the files of that drill below the folder. Raises Astray for one that would lie beside it."""
        for name, told in self.ask("made", drill=drill)["made"].items():
            path = PurePosixPath(name)
            if path.is_absolute() or ".." in path.parts:
                raise Astray(f"drill {drill}", f"{self.line.host} keeps {name} of it", "Look at that host.")
            file = folder / path
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            file.write_bytes(b64decode(told))

    def of(self, drill: str, folder: Path) -> "Shelf":
        return Shelf(custodian=self, drill=drill, folder=folder)

    @contextmanager
    def conducting(self, who: str) -> Iterator["Custodian"]:
        """The same, as the one who conducts. Raises Refused where another machine does. A host that cannot be reached
        holds nothing: what may be done then, the journal says at each entry."""
        held = replace(self, lease={"token": token_hex(16), "who": who})
        with suppress(Failed):
            held.ask("hold")
        try:
            yield held
        finally:
            with suppress(Failed):
                held.ask("give")

    def ask(self, what: str, **more: Any) -> Mapping[str, Any]:  # noqa: ANN401 - whatever the program is asked
        """Raises Failed, and Refused where another machine conducts."""
        answer = self.line.ask({"do": what, "lease": dict(self.lease), **more})
        if "failed" in answer:
            raise Failed(self.line.host, f"it cannot keep drills ({answer['failed']})", "Look at its disk.")
        if "held" in answer:
            remedy = "Follow it with `asty drill status`; to take over, end that process first."
            raise Refused("drills", f"{answer['held']} conducts one now", remedy)
        return answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """The host knows of the journal only this many bytes; the last of its lines has this digest."""

    there: int
    head: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """One drill's journal there; `folder` is where the drill lies here."""

    custodian: Custodian
    drill: str
    folder: Path

    def append(self, at: int, head: str, text: str) -> str | Behind:
        """Empty: it is on the disk there. Else what others wrote behind `at`, or that the host knows less than that or
        something else; then nothing was written."""
        told = self._append(at=at, head=head, text=text)
        if "unknown" in told:
            self.custodian.bring(self.drill, self.folder)
            told = self._append(at=at, head=head, text=text)
        if "there" in told:
            return Behind(there=int(told["there"]), head=str(told["head"]))
        return str(told.get("more", ""))

    def _append(self, **asked: str | int) -> Mapping[str, Any]:
        return self.custodian.ask("append", drill=self.drill, **asked)

    def astray(self) -> Astray:
        return Astray(
            f"drill {self.drill}",
            f"{self.custodian.line.host} keeps another history of it than this machine",
            "Keep both journals as evidence; whoever conducted last says which one counts, and removes the other.",
        )
