"""What an API calls the state in which a thing is of no use, in the words of drs.observed."""

OFF = "off"


def unless(state: str | None, *healthy: str) -> str:
    """The state, where it is none of the healthy ones."""
    return "" if state in healthy else state or "an unknown state"
