"""rpcd, OpenWrt's remote procedures: sessions of its own, each with changes of its own, and the timed apply.

After rpcd's uci.c: an apply names a session that may write, commits that session's changes and nobody else's, and
keeps a copy of the files; unless the same session confirms in time, the files are put back. A second apply with a way
back is refused meanwhile. Everything but the files is lost in a reboot, the way back too.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import replace

from lab.fleet.config import Config
from lab.fleet.dialects import options
from lab.fleet.dialects.dialect import Answer
from lab.fleet.state import Delta, DeviceState, Revert, confirm, revert_now, run, save

Arguments = Mapping[str, object]
_DEFAULT_TIMEOUT_S = 60
_ANSWER_OF_CREATE = {"timeout": 300, "expires": 300, "acls": {}, "data": {}}


def failed(state: DeviceState, why: str) -> Answer:
    return Answer(state=state, text=f"Command failed: {why}", failed=True)


def call(state: DeviceState, thing: str, method: str, arguments: Arguments, now: float) -> Answer:
    """The answer to `ubus call THING METHOD ARGUMENTS`."""
    if thing not in ("session", "uci"):
        return failed(state, "Not found")
    found = _METHODS.get((thing, method))
    return failed(state, "Method not found") if found is None else found(state, arguments, now)


def delta(state: DeviceState, session: str) -> Delta | None:
    return next((found for found in state.deltas if found.session == session), None)


def candidate(state: DeviceState, session: str) -> Config:
    """What would run if the session's changes were applied to what runs now."""
    found = delta(state, session)
    return state.running if found is None else (state.running - found.gone) | found.come


def stage(state: DeviceState, session: str, willed: Config) -> DeviceState:
    """The session's changes are now what leads from what runs to this. One that rpcd does not know is a folder only."""
    before = delta(state, session) or Delta(session=session)
    changed = replace(before, gone=state.running - willed, come=willed - state.running)
    return replace(state, deltas=(*(other for other in state.deltas if other.session != session), changed))


def _create(state: DeviceState, arguments: Arguments, now: float) -> Answer:
    del arguments
    name = hashlib.md5(f"{state.hardware.serial} {now} {len(state.deltas)}".encode(), usedforsecurity=False).hexdigest()
    said = {"ubus_rpc_session": name, **_ANSWER_OF_CREATE}
    made = replace(state, deltas=(*state.deltas, Delta(session=name, known=True)))
    return Answer(state=made, text=json.dumps(said, indent="\t"))


def _known(state: DeviceState, arguments: Arguments) -> Delta | None:
    found = delta(state, str(arguments.get("ubus_rpc_session", "")))
    return found if found is not None and found.known else None


def _grant(state: DeviceState, arguments: Arguments, now: float) -> Answer:
    del now
    found, objects = _known(state, arguments), arguments.get("objects")
    if "ubus_rpc_session" not in arguments or not isinstance(objects, list):
        return failed(state, "Invalid argument")
    if found is None:
        return failed(state, "Not found")
    writes = arguments.get("scope") == "uci" and ["*", "write"] in objects
    granted = replace(found, writes=found.writes or writes)
    return Answer(state=replace(state, deltas=tuple(granted if one is found else one for one in state.deltas)))


def _destroy(state: DeviceState, arguments: Arguments, now: float) -> Answer:
    del now
    found = _known(state, arguments)
    if found is None:
        return failed(state, "Not found" if "ubus_rpc_session" in arguments else "Invalid argument")
    return Answer(state=replace(state, deltas=tuple(one for one in state.deltas if one is not found)))


def _set(state: DeviceState, arguments: Arguments, now: float) -> Answer:
    del now
    given = arguments.get("values")
    if not isinstance(given, dict) or not {"config", "section"} <= arguments.keys():
        return failed(state, "Invalid argument")
    section = f"{arguments['config']}.{arguments['section']}"
    return _staged(state, arguments, [(f"{section}.{key}", str(value)) for key, value in given.items()])


def _add(state: DeviceState, arguments: Arguments, now: float) -> Answer:
    del now
    given = arguments.get("values", {})
    if not isinstance(given, dict) or not {"config", "type", "name"} <= arguments.keys():
        return failed(state, "Invalid argument")
    section = f"{arguments['config']}.{arguments['name']}"
    lines = [(section, str(arguments["type"])), *((f"{section}.{key}", str(value)) for key, value in given.items())]
    return _staged(state, arguments, lines)


def _staged(state: DeviceState, arguments: Arguments, lines: list[tuple[str, str]]) -> Answer:
    found = _known(state, arguments)
    if found is None or not found.writes:
        return failed(state, "Access denied")
    willed = candidate(state, found.session)
    for name, value in lines:
        refused = state.faults.rejected(f"{name}='{value}'")
        changed = options.INVALID if refused else options.assign(willed, name, value)
        if isinstance(changed, str):
            return failed(state, "Invalid argument" if changed == options.INVALID else "Not found")
        willed = changed
    return Answer(state=stage(state, found.session, willed), took=True)


def _delete(state: DeviceState, arguments: Arguments, now: float) -> Answer:
    del now
    found = _known(state, arguments)
    if not {"config", "section"} <= arguments.keys():
        return failed(state, "Invalid argument")
    if found is None or not found.writes:
        return failed(state, "Access denied")
    parts = [str(arguments[key]) for key in ("config", "section", "option") if key in arguments]
    willed = options.delete(candidate(state, found.session), ".".join(parts))
    if isinstance(willed, str):
        return failed(state, "Not found")
    return Answer(state=stage(state, found.session, willed), took=True)


def _apply(state: DeviceState, arguments: Arguments, now: float) -> Answer:
    timed, session = arguments.get("rollback") is True, arguments.get("ubus_rpc_session")
    if state.revert is not None and timed:
        return failed(state, "Permission denied")
    if not isinstance(session, str):
        return failed(state, "Invalid argument")
    if state.revert is not None:
        return Answer(state=state)
    mine = delta(state, session)
    if mine is None or not (mine.gone or mine.come):
        return failed(state, "No response" if mine is None else "No data")
    if not (mine.known and mine.writes):
        return failed(state, "Permission denied")
    willed, timeout = candidate(state, session), arguments.get("timeout", _DEFAULT_TIMEOUT_S)
    if not isinstance(timeout, int):
        timeout = _DEFAULT_TIMEOUT_S
    back = Revert(at=now + timeout, to=state.running, saved=state.startup, session=session)
    applied = save(run(replace(state, revert=back if timed else None), willed))
    return Answer(state=_forget_changes(applied, session))


def _forget_changes(state: DeviceState, session: str) -> DeviceState:
    nothing: Config = frozenset()
    return replace(
        state,
        deltas=tuple(replace(d, gone=nothing, come=nothing) if d.session == session else d for d in state.deltas),
    )


def _confirm(state: DeviceState, arguments: Arguments, now: float) -> Answer:
    del now
    if "ubus_rpc_session" not in arguments:
        return failed(state, "Invalid argument")
    return _ended(state, arguments, confirm)


def _rollback(state: DeviceState, arguments: Arguments, now: float) -> Answer:
    """The changes are the session's again, to be mended and applied anew."""
    del now
    return _ended(state, arguments, lambda pending: stage(revert_now(pending), _session_of(pending), pending.running))


def _session_of(state: DeviceState) -> str:
    return "" if state.revert is None else state.revert.session


def _ended(state: DeviceState, arguments: Arguments, end: Callable[[DeviceState], DeviceState]) -> Answer:
    if state.revert is None:
        return failed(state, "No data")
    if "ubus_rpc_session" not in arguments:
        return failed(state, "Invalid argument")
    if arguments["ubus_rpc_session"] != state.revert.session:
        return failed(state, "Permission denied")
    return Answer(state=end(state))


_METHODS: Mapping[tuple[str, str], Callable[[DeviceState, Arguments, float], Answer]] = {
    ("session", "create"): _create,
    ("session", "grant"): _grant,
    ("session", "destroy"): _destroy,
    ("uci", "set"): _set,
    ("uci", "add"): _add,
    ("uci", "delete"): _delete,
    ("uci", "apply"): _apply,
    ("uci", "confirm"): _confirm,
    ("uci", "rollback"): _rollback,
}
