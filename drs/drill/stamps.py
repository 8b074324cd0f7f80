"""Outside time stamps of a journal (RFC 3161): an authority says when a line of the journal was there at the latest.

A stamp is of the digest of one line, and with it of every line before. The authority's answers lie beside the journal,
`stamps/00012.tsr` for the line numbered 12. OpenSSL asks and judges: an auditor needs nothing of ours but `openssl ts`.
"""

import re
import subprocess
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.error import URLError

from city.errors import Failed, NeedsPerson
from city.model.drilling import Timestamps

_PATIENCE_S = 5
"""No drill waits for long: an authority that does not answer is asked again later."""
_LARGEST = 100_000
_TIME = re.compile(r"^Time stamp: (\w{3} +\d+ [\d:]+)(?:\.\d+)? (\d{4}) GMT$", re.MULTILINE)


class Unstamped(NeedsPerson):
    """A stamp that is not of this journal, or not of that authority."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """The line numbered `line` was there at `at`."""

    line: int
    at: datetime
    file: Path


def stamp(folder: Path, heads: Sequence[str], by: Timestamps) -> Stamp:
    """Have the last line stamped, once. Raises Failed where the authority does not, and OSError of the disk."""
    file = folder / f"{len(heads):05}.tsr"
    if not file.exists():
        answer = _ask(_query(heads[-1]), by.url)
        folder.mkdir(mode=0o700, exist_ok=True)
        partial = file.with_name(f".{file.name}")
        partial.write_bytes(answer)
        try:
            _judged(partial, heads[-1], by)
        except Unstamped as error:
            partial.unlink()
            raise _failed(by.url, error.problem) from error
        partial.replace(file)
    return _judged(file, heads[-1], by)


def stamps(folder: Path, heads: Sequence[str], by: Timestamps) -> tuple[Stamp, ...]:
    """Every stamp of the journal, the oldest first. Raises Unstamped where one of them is not of it."""
    return tuple(_every(folder, heads, by))


def _every(folder: Path, heads: Sequence[str], by: Timestamps) -> Iterator[Stamp]:
    for file in sorted(folder.glob("[0-9]*.tsr")):
        line = int(file.stem)
        if not 1 <= line <= len(heads):
            raise _other(file, f"the journal has {len(heads)} lines, and line {line} was stamped")
        yield _judged(file, heads[line - 1], by)


def _query(head: str) -> bytes:
    return _openssl("-query", "-digest", head, "-sha256", "-cert").stdout


def _ask(query: bytes, url: str) -> bytes:
    """RFC 3161, 3.4: over HTTP."""
    headers = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
    request = urllib.request.Request(url, data=query, headers=headers, method="POST")  # noqa: S310 - http or https, as the city's data are held to
    try:
        with urllib.request.urlopen(request, timeout=_PATIENCE_S) as answer:  # noqa: S310 - as above
            told: bytes = answer.read(_LARGEST)
    except (URLError, OSError) as error:
        raise _failed(url, str(getattr(error, "reason", error))) from error
    return told


def _judged(file: Path, head: str, by: Timestamps) -> Stamp:
    """Its certificate is judged as of the moment that it tells: an authority's keys end, what they stamped does not."""
    told = _openssl("-reply", "-in", str(file), "-text")
    found = _TIME.search(told.stdout.decode(errors="replace"))
    if told.returncode or found is None:
        raise _other(file, "it grants no time stamp")
    at = datetime.strptime(" ".join(found.groups()), "%b %d %H:%M:%S %Y").replace(tzinfo=UTC)
    with TemporaryDirectory() as folder:
        trust = Path(folder) / "authority.pem"
        trust.write_text(by.authority, encoding="ascii")
        moment = str(int(at.timestamp()))
        held = _openssl("-verify", "-digest", head, "-in", str(file), "-CAfile", str(trust), "-attime", moment)
    if held.returncode:
        raise _other(file, "it is not the authority's stamp of this line of the journal")
    return Stamp(line=int(file.name.lstrip(".").split(".")[0]), at=at, file=file)


def _openssl(*words: str) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(["openssl", "ts", *words], capture_output=True, check=False)  # noqa: S603, S607 - our own words
    except OSError as error:
        raise Failed("openssl", "it is missing, and judges time stamps", "As root: apt-get install openssl.") from error


def _failed(url: str, problem: str) -> Failed:
    return Failed(f"the authority at {url}", f"it stamped nothing: {problem}", "Try `asty drill stamp` again later.")


def _other(file: Path, problem: str) -> Unstamped:
    return Unstamped(str(file), problem, "Keep the folder as evidence, and compare it with its copy.")
