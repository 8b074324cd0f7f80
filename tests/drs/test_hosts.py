"""What operators find at the hosts: who is let in, and for how long the certificates are good."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from drs.check import Answer, Weight
from drs.checks import access, certificates
from drs.compared import Sites
from drs.hosts import CHAIN, AskedHost, SeenCertificate, read
from drs.observed import Unseen
from drs.readiness import Alone
from tests.drs.twins import NOW, alone, assessed, gap_of, twins
from tests.monitoring.certificates import server, signer

FQDN = "login.example.test"
GOOD = SeenCertificate(
    names=frozenset({"identity-1", FQDN}), begins=NOW - timedelta(days=1), ends=NOW + timedelta(days=90)
)


def sites(answer: object = GOOD, host: str = "identity-1", site: str = "recovery") -> Sites:
    found = twins()
    entrance = found.declared_here.standing["identity"].entrance
    assert entrance is not None
    standing = replace(found.declared_here.standing["identity"], entrance=replace(entrance, fqdn=f"{FQDN}."))
    declared = replace(found.declared_here, standing={**found.declared_here.standing, "identity": standing})
    asked = AskedHost(site=site, server=host, service="identity", answer=answer)  # type: ignore[arg-type]  # a table's
    return replace(found, declared_here=declared, hosts=(asked,))


def test_where_nobody_tried_to_log_in_nothing_is_said() -> None:
    for check in (access.CHECK, certificates.CHECK):
        assert list(check.findings(twins())) == []
        assert list(check.findings(sites(site="datacentre"))) == [], "the other site's hosts are not asked for"


def test_a_host_that_lets_operators_in_with_a_good_certificate_is_as_it_should_be() -> None:
    for check in (access.CHECK, certificates.CHECK):
        assert [one.answer for one in check.findings(sites())] == [Answer.MET]


def test_a_host_that_lets_nobody_in_is_unknown_and_so_is_what_can_be_had_of_the_service() -> None:
    readiness = assessed(replace(sites(Unseen(reason="it refuses the key")), recovery=twins().recovery))
    found = gap_of(readiness, "login at identity-1")
    assert found == (Answer.UNKNOWN, Weight.BLOCKING, "nobody could log in: it refuses the key")
    assert alone(readiness)["identity"] is Alone.UNKNOWN
    assert list(certificates.CHECK.findings(sites(Unseen(reason="off")))) == []


@pytest.mark.parametrize(
    ("answer", "weight", "problem"),
    [
        (replace(GOOD, ends=NOW), Weight.BLOCKING, "it has expired, on 2030-03-31 12:00 UTC"),
        (replace(GOOD, ends=NOW + timedelta(days=13)), Weight.WARNING, "it ends on 2030-04-13 12:00 UTC"),
        (replace(GOOD, begins=NOW + timedelta(days=1)), Weight.BLOCKING, "it is not good before 2030-04-01 12:00 UTC"),
        (replace(GOOD, names=frozenset({"x"})), Weight.BLOCKING, f"it is not for {FQDN}, which clients ask for, but"),
        (replace(GOOD, names=frozenset()), Weight.BLOCKING, "but for no name"),
        (f"{CHAIN} holds no certificate", Weight.BLOCKING, "holds no certificate"),
    ],
)
def test_a_certificate_that_serves_no_client_blocks_and_one_that_ends_soon_warns(
    answer: SeenCertificate | str, weight: Weight, problem: str
) -> None:
    (found,) = certificates.CHECK.findings(sites(answer))
    assert (found.answer, found.weight, problem in found.problem) == (Answer.UNMET, weight, True), found


def test_fourteen_days_are_enough() -> None:
    (found,) = certificates.CHECK.findings(sites(replace(GOOD, ends=NOW + certificates.AHEAD)))
    assert found.answer is Answer.MET


def test_the_host_of_a_database_is_asked_for_no_name_of_the_service() -> None:
    (found,) = certificates.CHECK.findings(sites(replace(GOOD, names=frozenset({"identity-db"})), "identity-db"))
    assert found.answer is Answer.MET


def test_a_chain_is_read_by_its_first_certificate(tmp_path: Path) -> None:
    """After it come those who signed it."""
    root = signer("root")
    server(tmp_path, signer("between", root), FQDN, between=root)
    (chain,) = tmp_path.glob("*.pem")
    seen = read(chain.read_text(encoding="ascii"))
    assert isinstance(seen, SeenCertificate)
    assert seen.names == {FQDN}
    assert seen.begins <= datetime.now(UTC) < seen.ends


@pytest.mark.parametrize("text", ["", "-----BEGIN CERTIFICATE-----\nxx\n-----END CERTIFICATE-----\n", "πιστοποιητικό"])
def test_what_is_no_certificate_is_said(text: str) -> None:
    assert read(text) == f"{CHAIN} holds no certificate"
