"""Thessaloniki with all its services, on a lab of its own."""

import shutil
from pathlib import Path

import pytest

from tests.e2e.operator import REPOSITORY
from tests.soak.living.conftest import living

__all__ = ["living"]


@pytest.fixture(scope="package")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("cities") / "thessaloniki"
    return Path(shutil.copytree(REPOSITORY / "cities" / "thessaloniki", made))
