"""What of a guest's life Nova is told."""

from lab.openstack.drivers.hosts import changes


def test_a_guest_that_is_heard_of_first_has_not_changed() -> None:
    """After a start of the lab each stands still: told that it had stopped, Nova would leave it so for good."""
    last: dict[str, str] = {}
    assert list(changes([("a", "stopped"), ("b", "running")], last)) == []
    assert list(changes([("a", "running"), ("b", "running")], last)) == [("a", "running")]


def test_a_guest_that_ends_while_the_agent_is_away_is_told_when_the_agent_is_back() -> None:
    last: dict[str, str] = {}
    list(changes([("a", "running")], last))
    assert list(changes([("a", "stopped"), ("a", "stopped"), ("a", "running")], last)) == [
        ("a", "stopped"),
        ("a", "running"),
    ]
