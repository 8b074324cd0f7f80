"""rpcd as OpenWrt has it (rpcd, session.c and uci.c): sessions, their rights, and the timed apply of their changes."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from lab.fleet.config import Config

UNAUTHENTICATED = "00000000000000000000000000000000"
NO_DATA, INVALID, DENIED, NOT_FOUND = (
    f"Command failed: {why}" for why in ("No data", "Invalid argument", "Permission denied", "Not found")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rpcd:
    """`changes` are those of each session; `applying` is the session whose apply waits to be confirmed."""

    sessions: frozenset[str] = frozenset({UNAUTHENTICATED})
    may_write: frozenset[str] = frozenset()
    changes: Mapping[str, Config] = field(default_factory=dict)
    applying: str = ""


def create(rpcd: Rpcd, seed: str) -> tuple[Rpcd, str]:
    """A new session, and what `ubus call session create` prints of it."""
    session = hashlib.sha256(f"{seed} {len(rpcd.sessions)}".encode()).hexdigest()[:32]
    shown = {"ubus_rpc_session": session, "timeout": 300, "expires": 299, "acls": {}, "data": {}}
    return replace(rpcd, sessions=rpcd.sessions | {session}), json.dumps(shown, indent="\t")


def grant(rpcd: Rpcd, asked: Mapping[str, object]) -> Rpcd | str:
    session = str(asked.get("ubus_rpc_session", ""))
    if session not in rpcd.sessions:
        return NOT_FOUND
    writes = asked.get("scope") == "uci" and ["*", "write"] in asked.get("objects", ())  # type: ignore[operator]  # any JSON
    return replace(rpcd, may_write=rpcd.may_write | {session}) if writes else rpcd


def apply(rpcd: Rpcd, asked: Mapping[str, object], *, waits: bool) -> tuple[Rpcd, Config] | str:
    """The changes to run with now, or the refusal. `waits`: an earlier apply is not confirmed yet."""
    session = str(asked.get("ubus_rpc_session", ""))
    if waits:
        return DENIED
    if not session:
        return INVALID
    changes = rpcd.changes.get(session)
    if changes is None:
        return NO_DATA
    if session not in rpcd.may_write:
        return DENIED
    left = {other: config for other, config in rpcd.changes.items() if other != session}
    return replace(rpcd, changes=left, applying=session), changes


def refused(rpcd: Rpcd, asked: Mapping[str, object], *, waits: bool) -> str:
    """Why a confirm or rollback is refused; empty where it is not."""
    if not waits:
        return NO_DATA
    if "ubus_rpc_session" not in asked:
        return INVALID
    return "" if asked["ubus_rpc_session"] == rpcd.applying else DENIED
