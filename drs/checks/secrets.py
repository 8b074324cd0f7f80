"""Are the secrets there that prove each service from outside?

The passphrase of the stacks is asked by `state`. What is asked here are the references in the city's data: a probe
whose password is missing proves nothing, and a drill waits for it in vain.
"""

from collections.abc import Iterator
from dataclasses import replace

from drs.check import Check, Finding, Weight, judged
from drs.compared import Sites


def _find(sites: Sites, blank: Finding) -> Iterator[Finding]:
    """One for each reference; nothing where nobody tried to resolve them."""
    for one in sites.secrets:
        finding = replace(blank, subject=f"secret {one.reference}", services=one.services & sites.services)
        if finding.services:
            yield judged(finding, [one.problem])


CHECK = Check(
    name="secrets",
    area="secrets",
    order=167,
    weight=Weight.WARNING,
    compares="that each secret which the probes of services name can be read where asty runs",
    remedy="Put it there (`export NAME=…`, or a file of mode 0600), or name another place in the service's `probe`.",
    find=_find,
)
