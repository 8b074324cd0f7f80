"""The list of an image's packages, from the command line."""

import json
from hashlib import sha256
from pathlib import Path

from click.testing import CliRunner

from asty.__main__ import main

STATUS = "Package: nginx-light\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.22.1-9\n"


def test_an_image_is_listed_with_its_digest_and_what_dpkg_says_is_in_it(tmp_path: Path) -> None:
    image, status = tmp_path / "web.raw", tmp_path / "status"
    image.write_bytes(b"an image")
    status.write_text(STATUS, encoding="utf-8")
    told = json.loads(CliRunner().invoke(main, ["bill", str(image), str(status), "--json"]).stdout)
    assert (told["bomFormat"], told["specVersion"]) == ("CycloneDX", "1.5")
    assert sha256(b"an image").hexdigest() in json.dumps(told["metadata"])
    assert [one["name"] for one in told["components"]] == ["nginx-light"]
    assert CliRunner().invoke(main, ["bill", str(image), str(status)]).stdout == "nginx-light 1.22.1-9\n"


def test_a_status_that_is_no_text_is_named(tmp_path: Path) -> None:
    image, status = tmp_path / "web.raw", tmp_path / "status"
    image.write_bytes(b"an image")
    status.write_bytes(b"\xff\xfe")
    done = CliRunner().invoke(main, ["bill", str(image), str(status)])
    assert done.exit_code == 2
    assert f"{status}: it is not UTF-8" in done.stderr


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    image, status = tmp_path / "web.raw", tmp_path / "status"
    status.write_text(STATUS, encoding="utf-8")
    for arguments, named in (((image, status), image), ((status, image), image), ((tmp_path, status), tmp_path)):
        done = CliRunner().invoke(main, ["bill", *map(str, arguments)])
        assert done.exit_code == 2
        assert f"{named}: it cannot be read" in done.stderr


def test_an_image_with_its_status_beside_it_needs_no_other_word(tmp_path: Path) -> None:
    image = tmp_path / "image.squashfs"
    image.write_bytes(b"an image")
    assert "image.status: it cannot be read" in CliRunner().invoke(main, ["bill", str(image)]).stderr
    image.with_suffix(".status").write_text(STATUS, encoding="utf-8")
    assert CliRunner().invoke(main, ["bill", str(image)]).stdout == "nginx-light 1.22.1-9\n"
