"""How threads that wait for work of OpenStack's own executors rest (futurist, which Nova and Designate use).

Each looks every second whether it is to end. There are hundreds of them after a busy minute, all in one process: on a
machine with two cores they keep each other from Python's one lock, and a process whose work waits grows more of them.
"""

from futurist import _thread

REST_S = 5.0


def rest() -> None:
    """Call it before any service is started."""
    _thread.ThreadWorker.MAX_IDLE_FOR = REST_S
