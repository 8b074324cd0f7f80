"""Secrets are references until the moment of use, and masked from then on.

`env:NAME`, `file:PATH` are resolved here; `pulumi:STACK/KEY` and `vault:PATH#KEY` by the resolver
that the caller adds for their scheme.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from city.errors import InvalidInput

SCHEMES = ("env", "file", "pulumi", "vault")


class Secret:
    """A value that never shows in repr, str, logs, JSON or pickles; `reveal()` is the only way in."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._value == other._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> str:
        raise TypeError("a secret is not to be serialised")


@dataclass(frozen=True, slots=True, order=True)
class SecretRef:
    """Where a secret is kept: printable, comparable, safe in git."""

    scheme: str
    place: str

    @classmethod
    def parse(cls, text: str) -> "SecretRef":
        scheme, colon, place = text.partition(":")
        if not colon or scheme not in SCHEMES or not place:
            raise InvalidInput(
                f"secret reference {scheme}:…" if colon else "secret reference",
                "it does not say where the secret is kept",
                f"Write one of {', '.join(s + ':…' for s in SCHEMES)}; never the secret itself.",
            )
        return cls(scheme, place)

    def __str__(self) -> str:
        return f"{self.scheme}:{self.place}"


Resolver = Callable[[str], str]


def _from_env(place: str) -> str:
    value = os.environ.get(place)
    if value is None:
        raise InvalidInput(f"secret env:{place}", "the variable is not set", f"Export {place} and try again.")
    return value


def _from_file(place: str) -> str:
    try:
        return Path(place).expanduser().read_text(encoding="utf-8").rstrip("\n")
    except (OSError, ValueError, RuntimeError) as error:  # not text, no path, or the home of nobody
        reason = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text, or no such path can be"
        problem = f"it cannot be read ({reason})"
        raise InvalidInput(f"secret file:{place}", problem, "Create it with mode 0600.") from error


def resolve(ref: SecretRef, others: Mapping[str, Resolver] | None = None) -> Secret:
    """The secret behind `ref`. Raises InvalidInput where it is not there or its scheme has no resolver."""
    resolvers: dict[str, Resolver] = {"env": _from_env, "file": _from_file, **(others or {})}
    if ref.scheme not in resolvers:
        raise InvalidInput(f"secret {ref}", f"nothing here resolves {ref.scheme}:", "Use env: or file: in this place.")
    return Secret(resolvers[ref.scheme](ref.place))
