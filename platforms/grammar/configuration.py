"""What a device is set to, as a value: lines by section."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from city.fingerprint import fingerprint

TOP = ""
"""The header of what stands outside every section."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """Lines by the header of their section, in normal form, so that equal meaning is equal value.

    Neither sections nor the lines in one have an order: where a platform's order means something,
    its lines carry a number (`seq 10`) that says so. No section is without its header's entry.
    """

    sections: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, sections: Mapping[str, Iterable[str]]) -> "Configuration":
        return cls({TOP: frozenset(), **{header: frozenset(lines) for header, lines in sections.items()}})

    def lines(self, header: str) -> frozenset[str]:
        return self.sections.get(header, frozenset())

    @property
    def digest(self) -> str:
        """Names this content; the order it was written in changes nothing."""
        return fingerprint({header: sorted(lines) for header, lines in self.sections.items()})
