import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from city.errors import NeedsPerson
from infra.checkpoint import begun, drop_torn_attributes, protected

PORT = {"urn": "urn:pulumi:lab::asty::openstack:networking/port:Port::portal-1"}
VOLUME = {"urn": "urn:pulumi:lab::asty::openstack:blockstorage/volume:Volume::portal-1-data", "protect": True}


@pytest.mark.parametrize(
    ("latest", "cut_off", "kept"),
    [
        pytest.param(None, False, (), id="a stack that never ran"),
        pytest.param({"resources": []}, False, (), id="one that is empty"),
        pytest.param({"resources": [PORT]}, False, (), id="one without data"),
        pytest.param({"resources": [PORT, VOLUME]}, False, ("Volume portal-1-data",), id="one with data"),
        pytest.param({"pending_operations": [{"type": "creating"}]}, True, (), id="one that was cut off"),
    ],
)
def test_what_a_checkpoint_says(
    tmp_path: Path, latest: dict[str, Any] | None, kept: tuple[str], *, cut_off: bool
) -> None:
    path = tmp_path / "checkpoint.json"
    path.write_text(json.dumps({"version": 3, "checkpoint": {"stack": "lab", "latest": latest}}))
    assert (begun(path), protected(path)) == (cut_off, kept)


@pytest.mark.parametrize(("text", "stays"), [("", False), ('{"user.content', False), ('{"md5": "aa"}', True)])
def test_attributes_that_a_killed_run_left_torn_go_and_whole_ones_stay(
    text: str, tmp_path: Path, *, stays: bool
) -> None:
    """The checkpoint beside them is whole, and Pulumi opens it without any."""
    checkpoint = tmp_path / "lab.json"
    files = [tmp_path / name for name in ("lab.json.attrs", "lab.json.bak.attrs")]
    for file in files:
        file.write_text(text)
    drop_torn_attributes(checkpoint)
    assert [file.exists() for file in files] == [stays, stays]


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"version": 3}', '{"checkpoint": {"latest": [1]}}', '{"checkpoint": 5}']
)
@pytest.mark.parametrize("read", [begun, protected])
def test_a_torn_checkpoint_is_named_with_its_copies(read: Callable[[Path], object], text: str, tmp_path: Path) -> None:
    path = tmp_path / "lab.json"
    path.write_text(text)
    backup = path.with_name("lab.json.bak")
    backup.write_text("{}")
    with pytest.raises(NeedsPerson, match=r"lab\.json: it ") as torn:
        read(path)
    assert str(backup) in torn.value.remedy
