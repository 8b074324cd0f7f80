"""A cloud that does not answer, or says no, as one error of ours."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from keystoneauth1.exceptions import ClientException
from openstack.connection import Connection
from openstack.exceptions import SDKException

from city.errors import Failed
from city.silence import why_silent


@contextmanager
def asked(site: str, connect: Callable[[], Connection]) -> Iterator[Connection]:
    """The cloud of that site. Raises Failed with what it says, or why it says nothing."""
    begun = time.monotonic()
    try:
        yield connect()
    except (SDKException, ClientException) as error:
        said = why_silent(error, time.monotonic() - begun) or str(error).strip().partition("\n")[0].rstrip(".")
        raise Failed(f"the cloud of {site}", said, f"Look at Keystone of {site}, then at the rest.") from error
