"""Each device on its own loopback address: open while it can be reached, closed while it cannot."""

import asyncio
import contextlib
from functools import partial
from ipaddress import IPv4Address

import asyncssh

from lab.fleet.credentials import Credentials
from lab.fleet.fleet import Fleet
from lab.fleet.shell import Connections, Login, Process, Shell
from lab.params import SSH_PORT, LabParams

_KEX = ("curve25519-sha256", "curve25519-sha256@libssh.org", "ecdh-sha2-nistp256")
_CIPHERS = ("aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "aes128-ctr", "aes256-ctr")
_LOGIN_TIMEOUT_S = 60
_BACKLOG = 128
_BOOT_CHECK_S = 0.05


class Terminals:
    """The SSH side of the fleet."""

    def __init__(self, fleet: Fleet, params: LabParams, credentials: Credentials) -> None:
        self._fleet, self._params, self._credentials = fleet, params, credentials
        self._password = credentials.secret("device-password")
        self._listeners: dict[str, asyncssh.SSHAcceptor] = {}
        self._connections: Connections = {}
        self._changed = set(fleet)
        self._woken = asyncio.Event()
        self._following: asyncio.Task[None] | None = None
        fleet.watch(self._wake)

    def _wake(self, device_id: str) -> None:
        self._changed.add(device_id)
        self._woken.set()

    def address(self, device_id: str) -> IPv4Address:
        return self._params.address_of(self._fleet.state(device_id).hardware.index)

    def __len__(self) -> int:
        """How many devices take connections now."""
        return len(self._listeners)

    def listens(self, device_id: str) -> bool:
        return device_id in self._listeners

    async def follow(self) -> None:
        """Open every device that can be reached; from then on go with each change."""
        await self._reconcile()
        self._following = asyncio.create_task(self._go_on())

    async def _go_on(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), _BOOT_CHECK_S if self._changed else None)
            self._woken.clear()
            await self._reconcile()

    async def _reconcile(self) -> None:
        """Open or close who changed; those that still boot are looked at again."""
        for device_id in sorted(self._changed):
            if self._fleet.settled(device_id):
                self._changed.discard(device_id)
            await self._open_or_close(device_id)

    async def _open_or_close(self, device_id: str) -> None:
        """As its state wants it. Sessions of a device that went away end without a word."""
        reachable = self._fleet.reachable(device_id)
        listener = self._listeners.get(device_id)
        if reachable and listener is None:
            self._listeners[device_id] = await self._listen(device_id)
        elif not reachable:
            for connection in list(self._connections.get(device_id, ())):
                connection.abort()
            if listener is not None:
                del self._listeners[device_id]
                listener.close()

    async def close(self) -> None:
        if self._following is not None:
            self._following.cancel()
        for listener in self._listeners.values():
            listener.close()
        for connections in self._connections.values():
            for connection in list(connections):
                connection.abort()

    async def _listen(self, device_id: str) -> asyncssh.SSHAcceptor:
        return await asyncssh.listen(
            str(self.address(device_id)),
            SSH_PORT,
            server_factory=partial(Login, self._fleet, device_id, self._password, self._connections),
            server_host_keys=[self._credentials.host_key(device_id)],
            process_factory=partial(self._serve, device_id),
            line_editor=False,
            login_timeout=_LOGIN_TIMEOUT_S,
            kex_algs=_KEX,
            encryption_algs=_CIPHERS,
            compression_algs=("none",),
            backlog=_BACKLOG,
            reuse_address=True,
            gss_host=None,  # else asyncssh asks name service for this machine's own name, once per device
        )

    async def _serve(self, device_id: str, process: Process) -> None:
        await Shell(self._fleet, device_id, process).serve()
