"""A folder as one file, .tar.zst, written and read in one pass."""

import tarfile
from pathlib import Path

import pyarrow as pa


def pack(folder: Path, file: Path) -> None:
    """Write the folder's content to `file`, which appears only when it is whole."""
    partial = file.with_name(file.name + ".partial")
    with (
        pa.CompressedOutputStream(pa.OSFile(str(partial), "wb"), "zstd") as stream,
        tarfile.open(fileobj=stream, mode="w|") as tar,
    ):
        tar.add(folder, arcname=".")
    partial.chmod(0o600)
    partial.replace(file)


def unpack(file: Path, folder: Path) -> None:
    """Make `folder` and fill it; refuses members that are neither files nor folders or that lead outside."""
    folder.mkdir(mode=0o700, parents=True)
    with (
        pa.CompressedInputStream(pa.OSFile(str(file), "rb"), "zstd") as stream,
        tarfile.open(fileobj=stream, mode="r|") as tar,
    ):
        for member in tar:
            if not (member.isfile() or member.isdir()) or ".." in Path(member.name).parts:
                raise ValueError(f"{file} holds {member.name}, which is not a plain file")
            tar.extract(member, folder)
