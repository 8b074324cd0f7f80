"""Records are found in the modules of a package, one in each."""

import importlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

from city.discovery import records

ENDS_IN = "from tests.city.test_discovery import Bell\nBELL = Bell(tone={tone!r})\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bell:
    tone: str


@pytest.fixture
def tower(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """An empty package that can be imported."""
    (tmp_path / "belltower").mkdir()
    (tmp_path / "belltower" / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    yield importlib.import_module("belltower")
    for name in [name for name in sys.modules if name.startswith("belltower")]:
        del sys.modules[name]


def dropped(package: ModuleType, name: str, text: str) -> None:
    Path(package.__path__[0], f"{name}.py").write_text(text)
    importlib.invalidate_caches()


def test_a_module_that_is_dropped_in_is_found_by_its_name(tower: ModuleType) -> None:
    assert records(tower, Bell) == {}
    dropped(tower, "west", ENDS_IN.format(tone="g"))
    dropped(tower, "east", ENDS_IN.format(tone="c"))
    assert records(tower, Bell) == {"east": Bell(tone="c"), "west": Bell(tone="g")}
    assert list(records(tower, Bell)) == ["east", "west"], "in the order of the names"


@pytest.mark.parametrize(
    ("text", "count"),
    [
        pytest.param("BELL = 'c'\n", 0, id="none"),
        pytest.param(ENDS_IN.format(tone="c") + "SECOND = Bell(tone='g')\n", 2, id="two"),
    ],
)
def test_a_module_without_one_record_is_named_with_its_file(tower: ModuleType, text: str, count: int) -> None:
    dropped(tower, "odd", text)
    with pytest.raises(TypeError, match=rf"belltower/odd\.py: it has {count} records Bell"):
        records(tower, Bell)
