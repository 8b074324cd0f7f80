"""What a cloud that is made up for a test keeps: things of one kind, by id."""
# ruff: noqa: ANN401 - what the SDK hands over is untyped

import re
from collections.abc import Iterator
from itertools import count
from types import SimpleNamespace
from typing import Any

from openstack.exceptions import HttpException, NotFoundException


class Shelf:
    """`refuses`: the cloud makes no more of them."""

    def __init__(self, status: str) -> None:
        self.things: dict[str, Any] = {}
        self.status, self.refuses = status, False
        self._ids = count(1)

    def make(self, **told: Any) -> Any:
        if self.refuses:
            raise HttpException("Quota exceeded for resource", http_status=403)
        made = SimpleNamespace(id=f"{self.status}-{next(self._ids)}", status=self.status, **told)
        self.things[made.id] = made
        return made

    def get(self, one: Any) -> Any:
        key = getattr(one, "id", one)
        if key not in self.things:
            raise NotFoundException(key)
        return self.things[key]

    def delete(self, one: Any, *_: Any, **__: Any) -> None:
        self.things.pop(getattr(one, "id", one), None)

    def all(self, *_: Any, **wanted: Any) -> Iterator[Any]:
        return (one for one in list(self.things.values()) if all(getattr(one, k) == v for k, v in wanted.items()))

    def named(self, name: str = "") -> Iterator[Any]:
        """As Nova finds servers: `name` is a regular expression."""
        return (one for one in self.all() if re.search(name, one.name))
