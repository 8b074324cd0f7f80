import json
from pathlib import Path
from typing import Any

import pytest

from infra.checkpoint import begun, protected

PORT = {"urn": "urn:pulumi:lab::asty::openstack:networking/port:Port::portal-1"}
VOLUME = {"urn": "urn:pulumi:lab::asty::openstack:blockstorage/volume:Volume::portal-1-data", "protect": True}


@pytest.mark.parametrize(
    ("latest", "cut_off", "kept"),
    [
        pytest.param(None, False, (), id="a stack that never ran"),
        pytest.param({"resources": []}, False, (), id="one that is empty"),
        pytest.param({"resources": [PORT]}, False, (), id="one without data"),
        pytest.param({"resources": [PORT, VOLUME]}, False, ("portal-1-data",), id="one with data"),
        pytest.param({"pending_operations": [{"type": "creating"}]}, True, (), id="one that was cut off"),
    ],
)
def test_what_a_checkpoint_says(
    tmp_path: Path, latest: dict[str, Any] | None, kept: tuple[str], *, cut_off: bool
) -> None:
    path = tmp_path / "checkpoint.json"
    path.write_text(json.dumps({"version": 3, "checkpoint": {"stack": "lab", "latest": latest}}))
    assert (begun(path), protected(path)) == (cut_off, kept)
