"""What a wipe leaves, finished or not. Plain files stand for a lab: nothing of it ever ran."""

from ipaddress import IPv4Address
from pathlib import Path

import pytest

from lab import lab
from lab.params import LabParams
from lab.real import process as real


@pytest.fixture
def params(tmp_path: Path) -> LabParams:
    """Of a lab that was made, with a secret and half a region in it."""
    found = LabParams(name="t", root=tmp_path / "lab", base_port=17_300, base_address=IPv4Address("127.70.0.0"))
    found.claim()
    (found.secrets / "device-password").write_text("x", encoding="utf-8")
    (found.root / "regions" / "R" / "database").mkdir(parents=True)
    return found


def left(params: LabParams) -> list[str]:
    return [path.name for path in params.root.parent.iterdir() if not path.name.endswith(".lock")]


def test_nothing_of_a_lab_is_left(params: LabParams) -> None:
    lab.wipe(params)
    assert left(params) == []
    lab.wipe(params)


def test_what_a_wipe_left_that_was_killed_is_no_lab_and_goes_with_the_next(
    params: LabParams, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(folder: Path) -> None:
        if folder.exists():
            (folder / "lab.json").unlink()
            raise KeyboardInterrupt

    with monkeypatch.context() as context:
        context.setattr(real, "remove", killed)
        with pytest.raises(KeyboardInterrupt):
            lab.wipe(params)
    assert not params.root.exists()
    assert left(params) != [], "its secrets are still there"
    lab.wipe(params)
    assert left(params) == []


def test_a_lab_that_was_made_since_is_wiped_with_what_was_left(params: LabParams) -> None:
    aside = params.root.rename(params.root.with_name(".lab.wiped"))
    params.claim()
    lab.wipe(params)
    assert left(params) == [] and not aside.exists()


def test_a_folder_that_is_no_lab_is_left_alone(params: LabParams) -> None:
    params.file.unlink()
    lab.wipe(params)
    assert (params.secrets / "device-password").exists()
