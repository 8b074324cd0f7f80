"""Drills of a living city: who agrees, what the journal of the latest one says, and what the databases hold."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tests.soak.living.city import LivingCity

if TYPE_CHECKING:
    from subprocess import Popen

PERSONS = ("nikos", "eleni")
SERVICE = "portal"
_LOOKS_EVERY_S = 0.05
_PSQL = ("runuser", "-u", "postgres", "--", "psql", "-XAtqd", SERVICE)


def agree(living: LivingCity, *steps: str) -> None:
    for person in PERSONS:
        living.operator.asty("drill", "approve", *(f"{step}:{SERVICE}" for step in steps), "--by", person)


@contextmanager
def conducted(living: LivingCity, mode: str, *options: str) -> Iterator["Popen[bytes]"]:
    """A drill of the portal in this mode, by maria, once it was begun."""
    before, of = len(journals(living)), ("--mode", mode, "--service", SERVICE, "--by", "maria")
    with living.operator.start("drill", "run", *of, *options) as process:
        until = time.monotonic() + 120
        while len(journals(living)) == before:
            assert time.monotonic() < until, "no drill was begun"
            time.sleep(_LOOKS_EVERY_S)
        await_entry(living, 120, what="opened", mode=mode)
        yield process


def journals(living: LivingCity) -> list[Any]:
    return sorted((living.ours.home / "sites" / "recovery" / "drills").glob("*/journal.jsonl"))


def entries(living: LivingCity) -> list[dict[str, Any]]:
    """Of the latest drill; a line that is being written just now is not there yet."""
    lines = journals(living)[-1].read_text(encoding="utf-8").splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.endswith("\n")]


def await_entry(living: LivingCity, within_s: float, **wanted: str) -> None:
    """Returns once the latest drill has an entry with these values."""
    until = time.monotonic() + within_s
    while not any(wanted.items() <= entry.items() for entry in entries(living)):
        assert time.monotonic() < until, f"no entry {wanted}: {entries(living)}"
        time.sleep(_LOOKS_EVERY_S)


def measured(living: LivingCity) -> dict[str, Any]:
    """What a client on the street found of the portal in the latest drill."""
    (found,) = (entry for entry in entries(living) if entry["what"] == "measured")
    return found


def stages(living: LivingCity) -> dict[str, str]:
    """Of each step of the latest drill, without the service's name."""
    told = living.operator.asks("drill", "status", code=None)["tasks"]
    return {task["task"].partition(":")[0]: task["stage"] for task in told}


def marks(living: LivingCity, site: str, statement: str = "select token from marks") -> set[str]:
    """What the database of the portal at a site answers; nothing where it does not."""
    told = living.operator.asks("run", SERVICE, "--", *_PSQL, "-c", statement, code=None)["outcomes"]
    (answer,) = (one["stdout"] for one in told if one["subject"] == f"{SERVICE}-db ({site})")
    return set((answer or "").split())
