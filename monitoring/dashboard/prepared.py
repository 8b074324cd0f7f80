"""Answers made once per snapshot and kept as bytes: rendered, compressed and tagged before they are asked for again."""

import gzip
import hashlib
import re
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from threading import Lock

from starlette.requests import Request
from starlette.responses import Response

from monitoring.snapshot import Snapshot

_WORTH_COMPRESSING = 1000
_LEVEL = 6
_WEIGHT = re.compile(r"0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?")


@dataclass(frozen=True, slots=True)
class Prepared:
    body: bytes
    zipped: bytes
    etag: str
    media_type: str


def prepare(body: bytes, media_type: str) -> Prepared:
    etag = f'W/"{hashlib.sha256(body).hexdigest()[:32]}"'
    return Prepared(body, gzip.compress(body, _LEVEL, mtime=0), etag, media_type)


def answer(request: Request, prepared: Prepared) -> Response:
    """The bytes, or 304 where the client has them already (RFC 9110, 13.1.2); gzip where it is accepted."""
    headers = {"ETag": prepared.etag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
    known = request.headers.get("if-none-match", "")
    if known.strip() == "*" or prepared.etag in [tag.strip() for tag in known.split(",")]:
        return Response(status_code=304, headers=headers)
    if takes_gzip(request.headers.get("accept-encoding", "")) and len(prepared.body) > _WORTH_COMPRESSING:
        headers["Content-Encoding"] = "gzip"
        return Response(prepared.zipped, media_type=prepared.media_type, headers=headers)
    return Response(prepared.body, media_type=prepared.media_type, headers=headers)


def takes_gzip(header: str) -> bool:
    """Whether an Accept-Encoding names gzip, or anything, with a weight above 0 (RFC 9110, 12.4.2 and 12.5.3)."""
    weights = {}
    for part in header.lower().split(","):
        coding, _, parameters = part.partition(";")
        weights[coding.strip()] = _weight(parameters)
    return weights.get("gzip", weights.get("x-gzip", weights.get("*", 0.0))) > 0


def _weight(parameters: str) -> float:
    """1 where none is given; 0 for one that is none, as who wrote it meant to say something."""
    name, _, value = parameters.partition("=")
    if not name.strip():
        return 1.0
    return float(value) if name.strip() == "q" and _WEIGHT.fullmatch(value.strip()) else 0.0


class Shelf:
    """What was prepared for the newest snapshot; a newer one empties it. `limit` bounds its memory."""

    def __init__(self, limit: int = 256) -> None:
        self._limit, self._lock = limit, Lock()
        self._of: Snapshot | None = None
        self._kept: dict[Hashable, Prepared] = {}

    def get(self, snapshot: Snapshot, key: Hashable, make: Callable[[], Prepared]) -> Prepared:
        with self._lock:
            if self._of is not snapshot:
                self._of, self._kept = snapshot, {}
            if key not in self._kept:
                if len(self._kept) >= self._limit:
                    self._kept.clear()
                self._kept[key] = make()
            return self._kept[key]
