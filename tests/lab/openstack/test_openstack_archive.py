import io
import tarfile
from pathlib import Path

import pyarrow as pa
import pytest

from lab.openstack import archive


def test_a_folder_comes_out_as_it_went_in(tmp_path: Path) -> None:
    (tmp_path / "in" / "deep").mkdir(parents=True)
    (tmp_path / "in" / "deep" / "file").write_bytes(bytes(range(256)) * 5000)
    (tmp_path / "in" / "empty").touch()
    archive.pack(tmp_path / "in", tmp_path / "kept.tar.zst")
    assert (tmp_path / "kept.tar.zst").stat().st_size < 100_000
    assert (tmp_path / "kept.tar.zst").stat().st_mode & 0o777 == 0o600
    archive.unpack(tmp_path / "kept.tar.zst", tmp_path / "out")
    assert (tmp_path / "out" / "deep" / "file").read_bytes() == bytes(range(256)) * 5000
    assert (tmp_path / "out" / "empty").read_bytes() == b""


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        pytest.param("../outside", tarfile.REGTYPE, id="a path that leads outside"),
        pytest.param("link", tarfile.SYMTYPE, id="a link"),
        pytest.param("device", tarfile.CHRTYPE, id="a device"),
    ],
)
def test_what_is_no_plain_file_is_refused(tmp_path: Path, name: str, kind: bytes) -> None:
    file = tmp_path / "odd.tar.zst"
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, "/etc/passwd"
    with (
        pa.CompressedOutputStream(pa.OSFile(str(file), "wb"), "zstd") as stream,
        tarfile.open(fileobj=stream, mode="w|") as tar,
    ):
        tar.addfile(member, io.BytesIO())
    with pytest.raises(ValueError, match=name):
        archive.unpack(file, tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []
