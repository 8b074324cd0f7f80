"""Which setting of futurist is changed: a stand-in has its name, for only OpenStack's own environment has futurist."""

import importlib
import sys
from types import ModuleType

import pytest


class ThreadWorker:
    MAX_IDLE_FOR: float = 1


def test_idle_threads_look_every_five_seconds_whether_they_are_to_end(monkeypatch: pytest.MonkeyPatch) -> None:
    thread, whole = ModuleType("futurist._thread"), ModuleType("futurist")
    thread.ThreadWorker = ThreadWorker  # type: ignore[attr-defined]
    whole._thread = thread  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "futurist", whole)
    monkeypatch.setitem(sys.modules, "futurist._thread", thread)
    monkeypatch.setattr(ThreadWorker, "MAX_IDLE_FOR", 1)
    monkeypatch.delitem(sys.modules, "lab.openstack.drivers.workers", raising=False)
    importlib.import_module("lab.openstack.drivers.workers").rest()
    assert ThreadWorker.MAX_IDLE_FOR == 5
