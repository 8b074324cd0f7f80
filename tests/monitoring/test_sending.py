import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.model.wireless import Band, Radio
from monitoring.sending import Sending, sending

DECLARED = Radio(band=Band.GHZ_2_4, channel=6, eirp_dbm=17.5)


@given(
    st.builds(Sending, channel=st.integers(1, 196), eirp_dbm=st.none() | st.integers(-100, 400).map(lambda n: n / 10))
)
def test_what_the_ledger_keeps_is_read_again(seen: Sending) -> None:
    assert sending(str(seen)) == seen


@pytest.mark.parametrize(
    "cause", ["", "it is shut", "it sends on channel 6", "x it sends on channel 6, not as declared"]
)
def test_no_other_cause_is_taken_for_it(cause: str) -> None:
    assert sending(cause) is None


@pytest.mark.parametrize(
    ("channel", "eirp_dbm", "as_declared"),
    [
        pytest.param(6, 17.0, True, id="whole dB of 17.5"),
        pytest.param(6, 18.0, True, id="rounded up"),
        pytest.param(6, 16.5, False, id="1 dB less"),
        pytest.param(6, 18.5, False, id="1 dB more"),
        pytest.param(6, None, True, id="a power that is not shown"),
        pytest.param(7, 17.5, False, id="another channel"),
    ],
)
def test_is_as_declared(channel: int, eirp_dbm: float | None, as_declared: bool) -> None:  # noqa: FBT001 - the expectation
    assert Sending(channel=channel, eirp_dbm=eirp_dbm).is_as_declared(DECLARED) is as_declared
