"""The copied database is promoted, has the rows of production, and the service's application writes into it."""

import time
from collections.abc import Iterator, Mapping
from datetime import timedelta

from city.errors import Failed
from drs.check import Answer
from drs.mode import Mode
from drs.rehearsal.told import Told
from drs.scene import Scene
from drs.step import Each, Proof, Step, with_database

_LIMIT = timedelta(minutes=5)
_LOOKS_EVERY_S = 0.5


def _do(scene: Scene) -> str:
    """The copy does it by itself; whoever waits hears early what went wrong."""
    until = time.monotonic() + _LIMIT.total_seconds()
    while (told := scene.copies.told(scene.service)) is None:
        if time.monotonic() > until:
            raise Failed(scene.service, "the copy says nothing on its console", "Look at the console of its server.")
        time.sleep(_LOOKS_EVERY_S)
    if problems := "; ".join(_problems(scene, told)):
        raise Failed(f"the copy of {scene.service}", problems, "Look at the console of its server.")
    return (
        f"its database answered after {told.database_s:.1f} s, and its application wrote after {told.written_s:.1f} s"
    )


def _verify(scene: Scene) -> Proof:
    told = scene.copies.told(scene.service)
    if told is None:
        return Proof(answer=Answer.UNMET, reason="the copy has not said anything on its console")
    if problems := list(_problems(scene, told)):
        return Proof(answer=Answer.UNMET, reason="; ".join(problems))
    promoted = f"promoted on timeline {told.timeline} in {told.promoted_s - told.database_s:.1f} s"
    counted = f"{sum(told.rows.values())} rows in {len(told.rows)} tables, as production had"
    answers = f"a mark was written and read back {told.written_s:.1f} s after the host began"
    return Proof(answer=Answer.MET, reason=f"{promoted}; {counted}; {answers}")


def _problems(scene: Scene, told: Told) -> Iterator[str]:
    if told.problem:
        yield f"the copy says: {told.problem}"
        return
    production = scene.there.state()
    if told.system != production.system:
        yield f"it is another database (system {told.system}) than that of production ({production.system})"
    if not told.followed or told.timeline <= production.timeline:
        yield f"nothing was promoted: it is on timeline {told.timeline}, production on {production.timeline}"
    if not told.kept:
        yield "the mark that its application took is not there"
    yield from differing(told.rows, scene.copies.standing(scene.service).rows)


def differing(copied: Mapping[str, int], counted: Mapping[str, tuple[int, int]]) -> Iterator[str]:
    """Tables whose rows are not as many as production had, before the copy was taken, after it, or between."""
    for table in sorted({*copied, *counted}):
        if table not in counted or table not in copied:
            yield f"table {table} is {'not in production' if table in copied else 'missing'}"
        elif not min(counted[table]) <= copied[table] <= max(counted[table]):
            before, after = counted[table]
            yield f"table {table} has {copied[table]} rows, where production had {before} before and {after} after"


STEP = Step(
    name="copy_answers",
    title="The copy of {service} is promoted, and takes a write",
    each=Each.SERVICE,
    order=26,
    modes=frozenset({Mode.REHEARSE}),
    approvers=0,
    time_limit=_LIMIT,
    does="On the host of the copy, by its console: `select pg_promote()`, count the rows, save something in {service},"
    " and read it back.",
    undoes="",
    verify=_verify,
    do=_do,
    concerns=with_database,
)
