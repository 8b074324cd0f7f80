"""`python -m lab.hosts LABFOLDER`: answers for the guests of a lab until SIGTERM; `... end` shuts every guest down.

Root's; started by lab.hosts.process. Guests go on without the process that answers for them; the next one finds again
what runs, removes what a change that was cut off left, and goes on.
"""

import json
import logging
import os
import signal
import socketserver
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from lab.agent import run
from lab.hosts import leftovers, limits
from lab.hosts.desk import Desk
from lab.hosts.folder import HostsFolder
from lab.hosts.life import Life
from lab.hosts.process import AGENT
from lab.params import LabParams

log = logging.getLogger("lab.hosts")
_ORDERLY_S = 10.0


class _Visit(socketserver.StreamRequestHandler):
    """One who asks, line by line, as long as the connection stands."""

    server: "_Server"

    def handle(self) -> None:
        for line in self.rfile:
            try:
                told = json.loads(line)
            except ValueError as error:
                self._say({"error": f"the request is not JSON: {error}"})
                continue
            if told.get("do") == "listen":
                self._tell_news(str(told.get("region")))
                return
            answer = self.server.desk.answer(told)
            log.log(logging.WARNING if "error" in answer else logging.INFO, "%s", _short(told, answer))
            self._say(answer)

    def _tell_news(self, region: str) -> None:
        try:
            for news in self.server.desk.news(region):
                self._say({"complete": True} if news is None else {"id": news[0], "state": news[1]})
        except OSError:
            return  # nobody listens any more

    def _say(self, answer: dict[str, Any]) -> None:
        self.wfile.write(json.dumps(answer).encode() + b"\n")


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        super().__init__(str(desk.life.home.socket), _Visit)


def _short(told: dict[str, Any], answer: dict[str, Any]) -> str:
    which = told.get("id") or told.get("guest", {}).get("id") or told.get("region")
    return (
        f"{told.get('do')} {which}: {answer.get('error') or ('' if told.get('do') == 'console' else answer.get('ok'))}"
    )


def keep(params: LabParams) -> None:
    os.umask(0o022)  # what goes into a guest is for all its users; the lab's folder itself is its user's alone
    home = HostsFolder(params)
    home.make()
    limits.widen()
    life = Life(home)
    life.recover()
    desk = Desk(life)
    home.socket.unlink(missing_ok=True)
    with _Server(desk) as server:
        owner = params.root.stat()
        os.chown(home.socket, owner.st_uid, owner.st_gid)
        home.socket.chmod(0o600)
        threading.Thread(target=desk.watch.run, daemon=True).start()
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        log.info("serving %d guests", len(list(home.all())))
        server.serve_forever(poll_interval=3600)


def end(params: LabParams) -> None:
    """Every guest shuts down, all at once, in order where they can; their disks and volumes stay."""
    life = Life(HostsFolder(params))
    with ThreadPoolExecutor(max_workers=32) as pool:
        for done in [pool.submit(life.stop, folder.id, _ORDERLY_S) for folder in life.home.all()]:
            done.result()
    for leftover in leftovers.remove(life):
        log.info("removed: %s", leftover)


if __name__ == "__main__":
    run(AGENT, keep, end)
