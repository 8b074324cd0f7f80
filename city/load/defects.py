"""Everything that was found wrong so far, each with the place where a person mends it."""

from collections.abc import Iterable
from difflib import get_close_matches

from city.errors import Defect, InvalidCity
from city.located import Place

_SHOWN = 12


class Defects:
    """Collects every defect; reading goes on after each, so that one run tells all."""

    def __init__(self) -> None:
        self._found: set[Defect] = set()

    def add(self, place: Place, problem: str, remedy: str) -> None:
        self._found.add(Defect(file=place.file, line=place.line, problem=problem, remedy=remedy))

    def __len__(self) -> int:
        return len(self._found)

    def raise_if_any(self) -> None:
        """Raises InvalidCity with all of them."""
        if self._found:
            raise InvalidCity(tuple(self._found))


def nearest(word: str, known: Iterable[str]) -> str:
    """The remedy for a word that is not known: the one that was probably meant, or what there is."""
    choices = sorted(set(known))
    close = get_close_matches(word, choices, n=1)
    if close:
        return f"Did you mean {close[0]!r}?"
    if not choices:
        return "None is declared yet."
    more = f" and {len(choices) - _SHOWN} more" if len(choices) > _SHOWN else ""
    return f"Known: {', '.join(choices[:_SHOWN])}{more}."
