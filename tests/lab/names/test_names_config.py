"""Configurations of Knot and Unbound: pure functions of zones, keys and addresses."""

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network

from city.secrets import Secret
from lab.names import knot, unbound
from lab.names.endpoint import Endpoint
from lab.names.knot import Key, Rights

AUTHORITY = Endpoint(address=IPv4Address("127.92.0.1"), port=5300)
RESOLVER = replace(AUTHORITY, address=IPv4Address("127.92.0.11"))
KEY = Key(name="recovery", secret=Secret("c2VjcmV0"))
ZONES = [("example.test.", "z1"), ("10.in-addr.arpa.", "z2")]
CLIENTS = (IPv4Network("127.0.0.0/8"),)


def test_who_is_declared_no_right_has_none() -> None:
    text = knot.config(AUTHORITY, ZONES, Rights())
    assert "acl" not in text and "key" not in text
    assert "  - domain: example.test.\n    file: z1.zone\n" in text


def test_each_right_is_a_keys_and_of_that_action_alone() -> None:
    other = Key(name="copy", secret=Secret("Y29weQ=="))
    text = knot.config(AUTHORITY, ZONES, Rights(update=(KEY,), transfer=(other,)))
    assert "  - id: update-recovery\n    key: recovery\n    action: update\n" in text
    assert "  - id: transfer-copy\n    key: copy\n    action: transfer\n" in text
    assert "    acl: [update-recovery, transfer-copy]\n" in text
    assert "address" not in text.partition("acl:")[2], "an address proves nobody"


def test_a_key_is_shown_to_nobody() -> None:
    assert "c2VjcmV0" not in repr(Rights(update=(KEY,)))


def test_the_same_zones_in_another_order_are_the_same_configuration() -> None:
    assert knot.config(AUTHORITY, ZONES, Rights()) == knot.config(AUTHORITY, reversed(ZONES), Rights())
    names = [name for name, _ in ZONES]
    assert unbound.config(RESOLVER, [AUTHORITY], names, CLIENTS) == unbound.config(
        RESOLVER, [AUTHORITY], reversed(names), CLIENTS
    )


def test_a_resolver_that_refuses_knows_the_same_and_tells_nobody() -> None:
    allows, refuses = (
        unbound.config(RESOLVER, [AUTHORITY], ["example.test."], CLIENTS, refuses=refuses) for refuses in (False, True)
    )
    changed = {pair for pair in zip(allows.splitlines(), refuses.splitlines(), strict=True) if pair[0] != pair[1]}
    assert changed == {("    access-control: 127.0.0.0/8 allow", "    access-control: 127.0.0.0/8 refuse")}


def test_a_resolver_asks_its_sites_name_server_and_nobody_else() -> None:
    text = unbound.config(RESOLVER, [AUTHORITY], ["example.test."], CLIENTS)
    assert text.endswith('forward-zone:\n    name: "example.test."\n    forward-addr: 127.92.0.1@5300\n')
    assert 'local-zone: "." static' in text and 'local-zone: "example.test." transparent' in text
    assert "    serve-expired: no\n    cache-min-ttl: 0\n" in text
    assert text.count("access-control") == 1 and "access-control: 127.0.0.0/8 allow" in text


def test_the_other_sites_name_server_is_asked_after_our_own_and_never_beside_it() -> None:
    other = replace(AUTHORITY, address=IPv4Address("127.92.0.2"))
    text = unbound.config(RESOLVER, [AUTHORITY, other], ["example.test."], CLIENTS)
    assert text.endswith(
        'forward-zone:\n    name: "example.test."\n    forward-addr: 127.92.0.1@5300\n    forward-first: yes\n'
        'forward-zone:\n    name: "."\n    forward-addr: 127.92.0.2@5300\n'
    )
    assert 'local-zone: "." static' in text, "and nothing else of the root's is asked of it"
