"""Digests of files, which may be images of a gigabyte: never whole in memory, never computed twice for nothing."""

import hashlib
import os
import tracemalloc
from io import BufferedReader
from pathlib import Path

import pytest

from city import digest


def test_a_digest_is_computed_once_for_as_long_as_the_file_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    computed, real = [], hashlib.file_digest

    def counted(opened: BufferedReader, name: str) -> object:
        computed.append(name)
        return real(opened, name)

    monkeypatch.setattr(hashlib, "file_digest", counted)
    file = tmp_path / "image"
    file.write_bytes(b"one")
    assert {digest.sha256(file) for _ in range(5)} == {hashlib.sha256(b"one").hexdigest()}
    assert len(computed) == 1
    before = file.stat()
    file.write_bytes(b"two")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert digest.sha256(file) == hashlib.sha256(b"two").hexdigest(), "of the same size and time, and yet another"


def test_a_file_is_read_in_pieces(tmp_path: Path) -> None:
    file = tmp_path / "image"
    with file.open("wb") as sparse:
        sparse.truncate(64 << 20)
    tracemalloc.start()
    digest.sha256(file)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 << 20
