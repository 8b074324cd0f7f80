import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, Engine, StaticPool, create_engine, event

from network.group_commit import GroupCommit


@pytest.fixture
def engine() -> Iterator[Engine]:
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    with engine.begin() as database:
        database.exec_driver_sql("CREATE TABLE t (n INTEGER PRIMARY KEY)")
    yield engine
    engine.dispose()


def put(number: int, database: Connection) -> None:
    database.exec_driver_sql("INSERT INTO t VALUES (?)", (number,))


def rows(engine: Engine) -> set[int]:
    with engine.connect() as database:
        return {int(number) for (number,) in database.exec_driver_sql("SELECT n FROM t")}


def test_who_waits_while_another_commits_goes_out_together(engine: Engine) -> None:
    """One blocks; twenty queue up behind; they need one transaction more, not twenty."""
    writer, commits, held, entered = GroupCommit(engine), list[int](), threading.Event(), threading.Event()
    event.listen(engine, "commit", lambda _: commits.append(1))

    def block(database: Connection) -> None:
        entered.set()
        assert held.wait(30)
        put(0, database)

    first = threading.Thread(target=writer.write, args=(block,))
    first.start()
    assert entered.wait(30)
    others = [threading.Thread(target=writer.write, args=(lambda db, n=n: put(n, db),)) for n in range(1, 21)]
    for other in others:
        other.start()
    while len(writer._queue) < len(others):
        threading.Event().wait(0.001)
    held.set()
    for thread in (first, *others):
        thread.join()
    assert rows(engine) == set(range(21))
    assert len(commits) == 2


def test_what_failed_is_raised_and_not_half_done(engine: Engine) -> None:
    writer = GroupCommit(engine)

    def fail(database: Connection) -> None:
        put(1, database)
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        writer.write(fail)
    assert rows(engine) == set()
    writer.write(lambda database: put(2, database))
    assert rows(engine) == {2}
