import shutil
from pathlib import Path

import pytest

from tests.city.board import EXAMPLE, ROOT, Board


@pytest.fixture
def board(tmp_path: Path) -> Board:
    return Board(Path(shutil.copytree(EXAMPLE, tmp_path / "example")))


@pytest.fixture(scope="session")
def example() -> Path:
    return EXAMPLE


@pytest.fixture(scope="session")
def thessaloniki() -> Path:
    return ROOT / "cities" / "thessaloniki"
