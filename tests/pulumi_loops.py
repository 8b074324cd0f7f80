"""Event loops for Pulumi's mocks, which make one in each thread that they use and close none of them."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch


@contextmanager
def closed_loops() -> Iterator[None]:
    """A program may be declared against mocks here, also several; every loop that was made for that is closed."""
    made: list[asyncio.AbstractEventLoop] = []
    make = asyncio.new_event_loop

    def remember() -> asyncio.AbstractEventLoop:
        made.append(make())
        return made[-1]

    with patch.object(asyncio, "new_event_loop", remember):
        loop = remember()
        asyncio.set_event_loop(loop)
        try:
            yield
        finally:
            loop.run_until_complete(loop.shutdown_default_executor())
            asyncio.set_event_loop(None)
            for one in made:
                one.close()
