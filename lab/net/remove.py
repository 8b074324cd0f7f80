"""Remove a lab's network from the machine, as root.

Devices' namespaces stay, for whoever made them removes them; what was plugged into them is gone.
"""

from collections.abc import Iterator

from lab.net import holder, kernel, names
from lab.net.backbone import GATE, lookup
from lab.net.machine import ROOT
from lab.net.mend import Step, Verb, lookup_words
from lab.net.steps import take
from lab.params import LabParams


def remove(params: LabParams) -> list[str]:
    """What could not be removed. Under a mark that another lab has, nothing is this lab's."""
    if holder.another(params) is not None:
        return []
    problems = list(take(_steps(params)))
    if not problems:
        holder.released(params)
    return problems


def _steps(params: LabParams) -> Iterator[Step]:
    root, gate = kernel.read(ROOT), names.place(params, GATE)
    if lookup(params) in root.lookups:
        yield Step(namespace=ROOT, verb=Verb.IP, lines=(f"rule delete {lookup_words(lookup(params))}",))
    if gate in root.links:
        yield Step(namespace=ROOT, verb=Verb.IP, lines=(f"link delete dev {gate}",))
    for name in sorted(holder.own(params)):
        yield Step(namespace=name, verb=Verb.DELETE)
