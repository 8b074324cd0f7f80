"""Servers get their power back by Nova's word, with one question for all of them at a time."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import cast

import pytest
from openstack.exceptions import ConflictException

from city.errors import Failed
from lab.openstack import keystone, power, template
from lab.openstack.spec import RegionSpec

SERVERS = [f"server-{number}" for number in range(12)]


class Nova:
    """Each server is refused while Nova is `busy` with it, and runs some looks after it was asked for."""

    def __init__(self, busy: dict[str, int], looks: int) -> None:
        self.busy, self.looks = busy, looks
        self.asked: dict[str, int] = {}
        self.listed = 0
        self.reboots = Counter[str]()

    def reboot_server(self, server: str, kind: str) -> None:
        assert kind == "HARD"
        self.reboots[server] += 1
        if self.busy.get(server, 0):
            self.busy[server] -= 1
            raise ConflictException("task_state is powering-off")
        self.asked[server] = self.listed

    def servers(self) -> Iterator[SimpleNamespace]:
        self.listed += 1
        for server in [*SERVERS, "another"]:
            runs = server in self.asked and self.listed > self.asked[server] + self.looks
            stands = server == "another" or server not in self.asked
            task = None if stands or runs else "reboot_started_hard"
            yield SimpleNamespace(id=server, status="SHUTOFF" if stands else "ACTIVE", task_state=task)


@pytest.fixture
def spec(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> RegionSpec:
    monkeypatch.setattr(template, "password", lambda *_: "secret")
    monkeypatch.setattr(power, "_BETWEEN_S", 0)
    return cast("RegionSpec", SimpleNamespace(logs=tmp_path))


def answers(monkeypatch: pytest.MonkeyPatch, nova: Nova) -> None:
    @contextmanager
    def connect(*_: object) -> Iterator[SimpleNamespace]:
        yield SimpleNamespace(compute=nova)

    monkeypatch.setattr(keystone, "connect", connect)


def test_each_is_started_once_and_asked_for_together(spec: RegionSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    nova = Nova(busy={"server-3": 2}, looks=4)
    answers(monkeypatch, nova)
    power.on(spec, SERVERS)
    assert nova.reboots == {**dict.fromkeys(SERVERS, 1), "server-3": 3}, "again only where Nova refused"
    assert nova.listed == 2 + 4 + 1, "two turns until the last was taken, four while it starts, one that sees it"


def test_nobody_is_asked_where_none_is_dark(spec: RegionSpec) -> None:
    power.on(spec, [])


def test_one_that_nova_does_not_start_is_named(spec: RegionSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, Nova(busy={"server-5": 10**9}, looks=0))
    monkeypatch.setattr(power, "PATIENCE_S", 0.05)
    with pytest.raises(Failed, match="server-5"):
        power.on(spec, SERVERS)
