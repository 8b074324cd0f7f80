"""How a device differs from what it should be, for eyes: by section, without order, secrets masked."""

from dataclasses import dataclass

from city.foreign import one_line
from network.masking import masked
from platforms.grammar.configuration import TOP, Configuration
from platforms.grammar.protocol import Grammar


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What goes from a section and what comes into it; `header` is empty outside sections."""

    header: str
    removed: tuple[str, ...]
    added: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Diff:
    """`lines` are what brings the device there, in its own commands, unmasked: not for eyes."""

    changes: tuple[Change, ...]
    lines: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.changes)

    @property
    def text(self) -> tuple[str, ...]:
        """`-` what goes, `+` what comes, each section under its header; equal changes read equal."""
        shown: list[str] = []
        for change in self.changes:
            indent = "  " if change.header else ""
            shown += [f"  {one_line(change.header)}"] if change.header else []
            shown += [f"- {indent}{_shown(line)}" for line in change.removed]
            shown += [f"+ {indent}{_shown(line)}" for line in change.added]
        return tuple(shown)


def compare(platform: Grammar, running: Configuration, intended: Configuration) -> Diff:
    """What `running` lacks of `intended` and has too much, in the part of the device that is ours."""
    managed = platform.managed(running, intended)
    headers = sorted({*managed.sections, *intended.sections})
    changes = (_change(header, managed, intended) for header in headers)
    return Diff(
        changes=tuple(change for change in changes if change.removed or change.added),
        lines=platform.remedy(managed, intended),
    )


def _shown(line: str) -> str:
    return one_line(masked(line))


def _change(header: str, managed: Configuration, intended: Configuration) -> Change:
    before, wanted = managed.lines(header), intended.lines(header)
    gone = header != TOP and header not in intended.sections
    new = header != TOP and header not in managed.sections
    return Change(
        header=header,
        removed=(*((f"[{header}]",) if gone else ()), *sorted(before - wanted)),
        added=(*((f"[{header}]",) if new else ()), *sorted(wanted - before)),
    )
