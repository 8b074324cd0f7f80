"""A copy of the example city, to plant mistakes in."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from asty.city_data import load
from city.errors import Defect, InvalidCity

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "cities" / "example"


@dataclass(frozen=True)
class Board:
    """A copy of the example city, to plant mistakes in."""

    folder: Path

    def plant(self, file: str, old: str, new: str) -> tuple[str, int]:
        """Puts `new` for the first `old`, and says in which file and line they begin to differ."""
        path = self.folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{file} does not hold {old!r}"
        at = text.index(old)
        path.write_text(text[:at] + new + text[at + len(old) :], encoding="utf-8")
        same = next((i for i, pair in enumerate(zip(old, new, strict=False)) if len(set(pair)) > 1), len(old))
        return file, text.count("\n", 0, at + same) + 1

    def defects(self) -> tuple[Defect, ...]:
        with pytest.raises(InvalidCity) as caught:
            load(self.folder)
        return caught.value.defects
