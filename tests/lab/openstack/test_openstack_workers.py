"""Idle threads of OpenStack's executors, with the very loop in which they wait (futurist/_thread.py)."""

import importlib
import queue
import sys
from types import ModuleType
from typing import Any

import pytest


class ThreadWorker:
    """As futurist has it, for a queue in which nothing ever is, and which is to end at the first look."""

    MAX_IDLE_FOR: float = 1

    def __init__(self) -> None:
        self.waited: list[float] = []

    def get(self, _block: bool, timeout: float) -> Any:  # noqa: ANN401, FBT001 - queue.Queue's
        self.waited.append(timeout)
        raise queue.Empty

    def wait(self) -> None:
        try:
            self.get(True, self.MAX_IDLE_FOR)
        except queue.Empty:
            return


def test_a_thread_without_work_looks_five_times_less_often_whether_it_is_to_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    thread, whole = ModuleType("futurist._thread"), ModuleType("futurist")
    thread.ThreadWorker = ThreadWorker  # type: ignore[attr-defined]
    whole._thread = thread  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "futurist", whole)
    monkeypatch.setitem(sys.modules, "futurist._thread", thread)
    monkeypatch.setattr(ThreadWorker, "MAX_IDLE_FOR", 1)
    before, worker = ThreadWorker(), ThreadWorker()
    before.wait()
    importlib.import_module("lab.openstack.drivers.workers").rest()
    worker.wait()
    assert (before.waited, worker.waited) == ([1], [5.0])
