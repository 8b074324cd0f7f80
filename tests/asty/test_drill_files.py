"""Files of a service's hosts, as a drill asks for them: side by side, with patience for a host that just starts."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from ipaddress import IPv4Address
from types import SimpleNamespace
from typing import Any

import pytest

from asty import drill_files
from asty.drill_files import HostFiles, read
from city.errors import Failed
from drs.hands.files import Wanted
from infra.hosts.host import Host
from infra.hosts.of_cloud import Unreached
from infra.hosts.session import Ran

TOLD: dict[str, Any] = {
    "at": "2026-11-30T00:15:32+00:00",
    "server": "shop-1",
    "serves": True,
    "pushed": None,
    "staged": None,
    "brought": {
        "at": "2026-11-30T00:15:29+00:00",
        "snapshot": "46c10b47",
        "files": 2,
        "taken": "2026-11-30T00:15:31+00:00",
    },
}
"""As the program of a host told it."""


def host(name: str) -> Host:
    return Host(name=name, site="recovery", address=IPv4Address("192.0.2.1"), keys=())


@dataclass
class Hosts:
    """Those of a cloud; `shut` let nobody in for so many times, `says` is what others answer to each word."""

    monkeypatch: pytest.MonkeyPatch
    found: Sequence[Host | Unreached] = (host("shop-1"), host("shop-2"))
    shut: int = 0
    fails: str = ""
    asked: list[tuple[str, ...]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.monkeypatch.setattr(drill_files, "_LOOKS_EVERY_S", 0.001)

    def _run(self, one: Host, words: Sequence[str]) -> Ran:
        if self.shut:
            self.shut -= 1
            raise Failed(one.name, "nobody answers", "Look at it.")
        self.asked.append((one.name, *words[2:]))
        told = "" if self.fails else json.dumps({**TOLD, "server": one.name})
        return Ran(exit=1 if self.fails else 0, stdout=told, stderr=self.fails)

    def files(self, patience_s: float = 10.0) -> HostFiles:
        def line(one: Host) -> Any:  # noqa: ANN401 - a paper one
            return SimpleNamespace(run=partial(self._run, one))

        return HostFiles(service="shop", site="recovery", find=lambda: self.found, line=line, patience_s=patience_s)


def test_each_host_is_asked_by_its_own_program(monkeypatch: pytest.MonkeyPatch) -> None:
    hosts = Hosts(monkeypatch)
    assert [one.server for one in hosts.files().told()] == ["shop-1", "shop-2"]
    assert sorted(hosts.asked) == [("shop-1", "told"), ("shop-2", "told")]
    hosts.asked.clear()
    hosts.files().bring(datetime(2026, 11, 28, tzinfo=UTC), None)
    assert {words[1:] for words in hosts.asked} == {("bring", "2026-11-28T00:00:00+00:00")}
    hosts.asked.clear()
    hosts.files().bring(None, {"shop-2": Wanted(copy="46c10b47")})
    assert sorted(hosts.asked) == [("shop-1", "keep"), ("shop-2", "bring", "46c10b47")]
    hosts.asked.clear()
    hosts.files().bring(None, {"shop-1": Wanted(), "shop-2": Wanted(copy="46c10b47", fingerprint="e3b0")})
    assert sorted(hosts.asked) == [("shop-1", "bring"), ("shop-2", "bring", "46c10b47", "e3b0")], (
        "of one of unknown id the newest"
    )
    hosts.asked.clear()
    hosts.files().stage({"shop-2": Wanted(copy="46c10b47", fingerprint="e3b0")})
    assert sorted(hosts.asked) == [("shop-1", "told"), ("shop-2", "stage", "46c10b47", "e3b0")]
    hosts.asked.clear()
    hosts.files().leave({"shop-2": "e3b0", "shop-1": ""})
    assert sorted(hosts.asked) == [("shop-1", "leave"), ("shop-2", "leave", "e3b0")]
    hosts.asked.clear()
    hosts.files().push()
    assert sorted(hosts.asked) == [("shop-1", "push"), ("shop-2", "push")]
    hosts.asked.clear()
    hosts.files().bring(None, None)
    assert {words[1:] for words in hosts.asked} == {("bring",)}


def test_a_host_that_just_starts_is_waited_for_and_one_that_is_left_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    hosts = Hosts(monkeypatch, shut=3)
    assert len(hosts.files().bring(None, None)) == 2
    hosts.shut = 3
    with pytest.raises(Failed, match="nobody answers"):
        hosts.files().leave({})
    hosts.shut = 10_000
    with pytest.raises(Failed, match="nobody answers"):
        hosts.files(patience_s=0.05).wait()


def test_what_a_host_could_not_do_is_told_in_its_words_and_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    hosts = Hosts(monkeypatch, found=(host("shop-1"),), fails="restic: repository does not answer")
    with pytest.raises(Failed, match="bring: restic: repository does not answer"):
        hosts.files().bring(None, None)
    assert len(hosts.asked) == 1


def test_no_server_and_one_that_the_cloud_cannot_reach_are_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Failed, match="no server of it"):
        Hosts(monkeypatch, found=()).files().told()
    lost = Unreached(name="shop-1 (recovery)", reason="its cloud says SHUTOFF; start it first")
    with pytest.raises(Failed, match="SHUTOFF"):
        Hosts(monkeypatch, found=(lost,)).files().told()


def test_what_a_host_tells_is_read() -> None:
    found = read(TOLD)
    assert (found.server, found.serves, found.files, found.pushed) == ("shop-1", True, 2, None)
    assert found.brought == datetime(2026, 11, 30, 0, 15, 29, tzinfo=UTC)
    assert read({**TOLD, "brought": None}).brought is None
    pushed = read({**TOLD, "pushed": {"at": "2026-11-30T00:15:29+00:00", "snapshot": "46c10b47", "files": 2}})
    assert (pushed.pushed, pushed.copy, found.copy) == (found.brought, "46c10b47", "")
    same = {"fingerprint": "e3b0", "snapshot": "46c10b47", "at": "2026-11-30T00:15:29+00:00", "files": 2}
    both = read({**TOLD, "pushed": same, "staged": same})
    assert (both.fingerprint, both.staged, both.staged_at) == ("e3b0", "e3b0", found.brought)
    assert (found.fingerprint, found.staged, found.staged_at) == ("", "", None)
    earlier = {key: value for key, value in TOLD.items() if key != "staged"}
    assert read(earlier) == found and found.runs and not read({**TOLD, "runs": False}).runs
    with pytest.raises(KeyError):
        read({"server": "shop-1"})
