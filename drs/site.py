"""A site as its own APIs show it, with credentials from a clouds.yaml: each call bounded, one failure asked again."""

import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

import openstack
from keystoneauth1.exceptions import ClientException, HttpError, Unauthorized
from openstack.config import OpenStackConfig
from openstack.connection import Connection
from openstack.exceptions import ConfigException, SDKException

from city.silence import why_silent
from drs import observed, reading
from drs.observed import PARTS, Part, SeenSite, Unseen

T = TypeVar("T")
_AT_ONCE = 4
_RETRIES = 1
_UNAVAILABLE = 503


class SiteView(Protocol):
    """The eyes on one site."""

    def observe(self) -> SeenSite:
        """What is there now; parts that cannot be asked are Unseen. Raises nothing for a site that is gone."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenStackSite:
    """The site `site` of the city as the entry `cloud` of the file `clouds` reaches it.

    A call that says nothing for `timeout_s` has failed; what is not read after `deadline_s` is not waited for. A
    service that is unavailable (503) is asked once more.
    """

    site: str
    cloud: str
    clouds: Path
    timeout_s: float = 20
    deadline_s: float = 90

    def observe(self) -> SeenSite:
        begun = time.monotonic()
        try:
            connection = self._connect()
            self._authorize(connection)
        except (SDKException, ClientException) as error:
            return observed.unseen(self.site, self._reason(error, time.monotonic() - begun))
        pool = ThreadPoolExecutor(_AT_ONCE)
        try:
            asked = {part: pool.submit(self._guarded, getattr(reading, part), connection) for part in PARTS}
            wait(asked.values(), timeout=self.deadline_s)
            return SeenSite(site=self.site, **{part: self._in_time(answer) for part, answer in asked.items()})
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            connection.close()

    def _connect(self) -> Connection:
        config = OpenStackConfig(config_files=[str(self.clouds)], load_envvars=False)
        region = config.get_one(
            cloud=self.cloud, api_timeout=self.timeout_s, status_code_retries=_RETRIES, connect_retries=0
        )
        return openstack.connection.Connection(config=region)

    def _authorize(self, connection: Connection) -> None:
        """Keystone too is asked once more: the library's own retries begin only with a token."""
        try:
            connection.authorize()
        except (SDKException, ClientException) as error:
            cause = _cause(error)
            if not (isinstance(cause, HttpError) and cause.http_status == _UNAVAILABLE):
                raise
            connection.authorize()

    def _guarded(self, read: Callable[[Connection], Iterable[T]], connection: Connection) -> Part[T]:
        begun = time.monotonic()
        try:
            return tuple(read(connection))
        except (SDKException, ClientException) as error:
            return Unseen(reason=self._reason(error, time.monotonic() - begun))

    def _in_time(self, answer: "Future[Part[T]]") -> Part[T]:
        return answer.result() if answer.done() else Unseen(reason=f"it was not done after {self.deadline_s:g} s")

    def _reason(self, error: Exception, took_s: float) -> str:
        """Why a site could not be asked, in words for whoever has to mend it."""
        if isinstance(_cause(error), Unauthorized):
            return "it refuses the user or the password"
        if isinstance(error, ConfigException):
            return (
                f"{self.clouds} has no whole entry {self.cloud}"
                if self.clouds.exists()
                else f"no {self.clouds} is there"
            )
        said = str(error).strip().partition("\n")[0].rstrip(".")
        return why_silent(error, took_s) or said or type(error).__name__


def _cause(error: Exception) -> Exception:
    return error.__context__ if isinstance(error.__context__, ClientException) else error
