"""Do the hosts that run there let operators in?

A promotion, a rebuild and a look at a log all begin with that login. The key is the operators' own, and each host has
to show the host key that its cloud recorded.
"""

from collections.abc import Iterator
from dataclasses import replace

from drs.check import Answer, Check, Finding, Weight, judged
from drs.compared import Sites
from drs.observed import Unseen


def _find(sites: Sites, blank: Finding) -> Iterator[Finding]:
    """Nothing where nobody tried to log in."""
    for one in sites.hosts_here:
        finding = replace(blank, subject=f"login at {one.server}", services=frozenset({one.service}))
        if isinstance(one.answer, Unseen):
            yield replace(finding, answer=Answer.UNKNOWN, problem=f"nobody could log in: {one.answer.reason}")
        else:
            yield judged(finding, ())


CHECK = Check(
    name="access",
    area="on-call access",
    order=122,
    weight=Weight.BLOCKING,
    compares="that each host which runs there lets operators in, with the host key that its cloud recorded",
    remedy="Log in by hand: `asty run SERVICE -- true`; it says what refuses whom.",
    find=_find,
)
