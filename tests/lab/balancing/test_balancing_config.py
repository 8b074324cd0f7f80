"""The configuration as a function of what Octavia declares. That HAProxy takes it, HAProxy itself says."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.errors import Refused
from lab.balancing import config
from lab.balancing.balancer import Balancer
from lab.balancing.packages import NEEDS
from tests.lab.balancing.balancers import LISTENER, POOL, Raw, balancer, listener, member, monitor, pool, simple
from tests.lab.packages import have


def lines(raw: Raw, block: str) -> list[str]:
    """The lines of one block of the file."""
    found: list[str] = []
    inside = False
    for line in config.text(Balancer.read(raw), "tried", None).splitlines():
        if line and not line.startswith(" "):
            inside = line == block
        elif inside and line:
            found.append(line.strip())
    return found


BACKEND, FRONTEND = f"backend {POOL}:{LISTENER}", f"frontend {LISTENER}"


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, "server m 127.92.0.81:9000 weight 1"),
        ({"weight": 0}, "server m 127.92.0.81:9000 weight 0"),
        ({"backup": True}, "server m 127.92.0.81:9000 weight 1 backup"),
        ({"enabled": False}, "server m 127.92.0.81:9000 weight 1 disabled"),
        ({"address": "fd00::7"}, "server m [fd00::7]:9000 weight 1"),
    ],
)
def test_a_member_is_a_server_with_its_weight_and_state(more: Raw, expected: str) -> None:
    assert lines(simple(member("m", **more)), BACKEND)[-1] == expected


@pytest.mark.parametrize(
    ("declared", "algorithm"),
    [("ROUND_ROBIN", "roundrobin"), ("LEAST_CONNECTIONS", "leastconn"), ("SOURCE_IP", "source")],
)
def test_members_are_chosen_by_the_declared_algorithm(declared: str, algorithm: str) -> None:
    assert f"balance {algorithm}" in lines(simple(algorithm=declared), BACKEND)


@pytest.mark.parametrize(
    ("more", "of_pool", "of_member"),
    [
        ({"type": "TCP"}, [], "check inter 5s fall 3 rise 2"),
        ({"type": "TLS-HELLO"}, [], "check check-ssl verify none inter 5s fall 3 rise 2"),
        (
            {"type": "HTTP", "http_method": "HEAD", "url_path": "/well", "expected_codes": "200-204,301"},
            [
                "option httpchk",
                "http-check send meth HEAD uri /well ver HTTP/1.0",
                "http-check expect status 200-204,301",
            ],
            "check inter 5s fall 3 rise 2",
        ),
        (
            {"type": "HTTPS", "http_version": 1.1, "domain_name": "www.example.test"},
            [
                "option httpchk",
                "http-check send meth GET uri / ver HTTP/1.1 hdr Host www.example.test",
                "http-check expect status 200",
            ],
            "check check-ssl verify none inter 5s fall 3 rise 2",
        ),
        (
            {"type": "PING"},
            ["option external-check", "external-check path .", "external-check command ping"],
            "check inter 5s fall 3 rise 2",
        ),
    ],
)
def test_each_type_of_monitor_asks_as_declared(more: Raw, of_pool: list[str], of_member: str) -> None:
    found = lines(simple(member("m"), monitor=monitor(**more)), BACKEND)
    assert "timeout check 3s" in found
    assert [line for line in found if line in of_pool] == of_pool
    assert found[-1].endswith(f" {of_member}")


def test_a_monitor_that_is_switched_off_asks_nobody() -> None:
    assert not [line for line in lines(simple(member("m"), monitor=monitor(enabled=False)), BACKEND) if "check" in line]


def test_a_member_may_be_watched_at_another_address_and_port() -> None:
    watched = member("m", monitor_address="127.92.0.90", monitor_port=81)
    assert lines(simple(watched, monitor=monitor()), BACKEND)[-1].endswith("rise 2 addr 127.92.0.90 port 81")


@pytest.mark.parametrize(
    ("persistence", "expected"),
    [
        ({"type": "SOURCE_IP"}, "stick on src"),
        ({"type": "HTTP_COOKIE"}, "cookie SRV insert indirect nocache"),
        ({"type": "APP_COOKIE", "cookie_name": "JSESSIONID"}, "stick match req.cook(JSESSIONID)"),
    ],
)
def test_a_session_stays_with_its_member(persistence: Raw, expected: str) -> None:
    raw = balancer(listener(protocol="HTTP"), pools=(pool(member("m"), protocol="HTTP", persistence=persistence),))
    assert expected in lines(raw, BACKEND)
    assert (" cookie m" in lines(raw, BACKEND)[-1]) == (persistence["type"] == "HTTP_COOKIE")


def test_only_who_is_allowed_may_connect() -> None:
    raw = balancer(listener(allowed_cidrs=["10.1.0.0/24", "10.2.0.0/24"]), pools=(pool(),))
    assert "tcp-request connection reject unless { src 10.1.0.0/24 10.2.0.0/24 }" in lines(raw, FRONTEND)
    assert not [line for line in lines(simple(), FRONTEND) if "reject" in line]


def test_tls_passes_through_or_ends_as_declared() -> None:
    assert lines(balancer(listener(protocol="HTTPS"), pools=(pool(),)), FRONTEND)[:2] == [
        "bind 127.92.0.80:8443",
        "mode tcp",
    ]
    ending = listener(protocol="TERMINATED_HTTPS", certificates=["city", "other"], tls_versions=["TLSv1.2", "TLSv1.3"])
    assert lines(balancer(ending, pools=(pool(),)), FRONTEND)[:2] == [
        "bind 127.92.0.80:8443 ssl crt tls/city.pem crt tls/other.pem no-sslv3 no-tlsv10 no-tlsv11",
        "mode http",
    ]


def test_backups_serve_together_and_health_is_carried_over_a_reload() -> None:
    raw = simple(member("a"), member("b", backup=True), member("c", backup=True))
    assert "option allbackups" in lines(raw, BACKEND)
    assert "load-server-state-from-file global" in lines(raw, "defaults")
    assert "server-state-file state" in lines(raw, "global")


def test_what_is_switched_off_is_not_there() -> None:
    off = simple(member("m"), enabled=False)
    assert lines(off, BACKEND) == [] and lines(off, FRONTEND) and "default_backend" not in str(lines(off, FRONTEND))
    assert lines(balancer(listener(enabled=False), pools=(pool(),)), FRONTEND) == []
    assert lines(balancer(listener(), pools=(pool(),), enabled=False), FRONTEND) == []


@pytest.mark.parametrize(
    ("raw", "refused"),
    [
        (balancer(listener(protocol="SCTP"), pools=(pool(),)), LISTENER),
        (simple(algorithm="SOURCE_IP_PORT"), POOL),
        (simple(monitor=monitor(type="SCTP")), POOL),
    ],
)
def test_what_haproxy_cannot_do_is_left_out_and_named(raw: Raw, refused: str) -> None:
    assert lines(raw, FRONTEND) == []
    assert "This provider does not offer" in config.refusals(Balancer.read(raw))[refused]


def test_of_datagrams_haproxy_checks_the_members_where_they_are_watched_and_listens_for_nobody() -> None:
    watched = member("m", monitor_address="127.92.0.90", monitor_port=81)
    served = pool(watched, protocol="UDP", monitor=monitor(type="UDP-CONNECT"))
    raw = balancer(listener(protocol="UDP"), pools=(served,))
    assert lines(raw, FRONTEND) == []
    assert "external-check command datagram" in lines(raw, BACKEND)
    assert lines(raw, BACKEND)[-1].startswith("server m 127.92.0.90:81 weight 1 check ")
    assert "external-check" in lines(raw, "global") and "insecure-setuid-wanted" not in lines(raw, "global")


def test_datagrams_over_ipv6_are_refused_with_the_reason() -> None:
    served = pool(member("m", address="fd00::1"), protocol="UDP")
    raw = Balancer.read(balancer(listener(protocol="UDP"), pools=(served,), addresses=["fd00::80"]))
    why = "This provider forwards datagrams over IPv4 alone. Give IPv4 addresses."
    assert config.refusals(raw) == {LISTENER: why, POOL: why}


@pytest.mark.parametrize("name", ["../../etc/shadow", "a b", "", ".hidden"])
def test_the_name_of_a_certificate_is_no_path(name: str) -> None:
    with pytest.raises(Refused, match="not a name of the certificate manager"):
        config.certificate_file(name)


@pytest.mark.slow
@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=40))
def test_no_declared_value_adds_a_line_or_a_word(path: str, domain: str, codes: str) -> None:
    def written(path: str, domain: str, codes: str) -> list[list[str]]:
        watched = monitor(type="HTTP", url_path=path, domain_name=domain, expected_codes=codes)
        return [_words(line) for line in lines(simple(member("m"), monitor=watched), BACKEND)]

    try:
        found = written(path, domain, codes)
    except Refused:
        assert not all(value.isprintable() for value in (path, domain, codes))
        return
    plain = written("/" if path else "", "d" if domain else "", "2" if codes else "")
    assert [len(line) for line in found] == [len(line) for line in plain]


def _words(line: str) -> list[str]:
    """As HAProxy parts a line (configuration manual 2.2): a backslash takes the next character as it is."""
    words: list[str] = []
    word, escaped, quoted = "", False, False
    for letter in line:
        assert escaped or letter not in "\"'#", line
        if escaped or (letter != "\\" and not letter.isspace()):
            word, escaped, quoted = word + letter, False, True
        elif letter == "\\":
            escaped = True
        elif quoted:
            words, word, quoted = [*words, word], "", False
    return [*words, word] if quoted else words


CERTIFICATE = (
    "openssl",
    "req",
    "-x509",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:prime256v1",
    "-nodes",
    "-days",
    "2",
)
ALL = balancer(
    listener(id="l1", pool="p1", connection_limit=7, allowed_cidrs=["127.0.0.0/8", "fd00::/8"]),
    listener(
        id="l2", pool="p2", port=8444, protocol="TERMINATED_HTTPS", certificates=["city"], tls_versions=["TLSv1.3"],
        tls_ciphers="ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384", alpn_protocols=["h2", "http/1.1"],
        insert_headers=["X-Forwarded-For", "X-Forwarded-Port", "X-Forwarded-Proto"],
    ),
    listener(id="l3", pool="p3", port=8445, protocol="HTTPS"),
    listener(id="l4", pool="p4", port=8446),
    listener(id="l5", pool=None, port=8447),
    listener(id="l6", pool="p6", port=8443, protocol="UDP"),
    pools=(
        pool(member("m1"), member("m2", backup=True, weight=256), id="p1", monitor=monitor(type="PING")),
        pool(
            member("m3"), id="p2", protocol="HTTP", tls=True, persistence={"type": "HTTP_COOKIE"},
            monitor=monitor(type="HTTP", domain_name="www.example.test", http_version=1.1, url_path="/a?b=%20c"),
        ),
        pool(member("m4", enabled=False), id="p3", protocol="PROXYV2", monitor=monitor(type="TLS-HELLO"),
             persistence={"type": "SOURCE_IP"}),
        pool(member("m5", address="::1"), id="p4", protocol="PROXY", algorithm="SOURCE_IP",
             monitor=monitor(type="HTTPS")),
        pool(member("m6"), id="p6", protocol="UDP", persistence={"type": "SOURCE_IP"},
             monitor=monitor(type="UDP-CONNECT")),
    ),
)  # fmt: skip


def test_haproxy_itself_takes_every_kind_of_line(tmp_path: Path) -> None:
    have(NEEDS)
    (tmp_path / "tls").mkdir()
    pem, key = tmp_path / "tls" / "city.pem", tmp_path / "tls" / "city.pem.key"
    subprocess.run([*CERTIFICATE, "-subj", "/CN=city", "-keyout", key, "-out", pem], check=True, capture_output=True)
    (tmp_path / "haproxy.cfg").write_text(config.text(Balancer.read(ALL), "tried", None))
    command = ["/usr/sbin/haproxy", "-c", "-f", "haproxy.cfg"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "ALERT" not in done.stderr and done.returncode == 0, done.stderr
    warnings = [line for line in done.stderr.splitlines() if "WARNING" in line and "state file" not in line]
    assert warnings == [], warnings
