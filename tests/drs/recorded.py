"""A site's APIs as they answer: recorded JSON by path, served on loopback, with faults of HTTP to order.

The shapes are those of the API references (docs.openstack.org/api-ref): identity v3, compute 2.1 at 2.96, image v2,
block storage v3, network v2.0, load balancer v2, DNS v2. One of each kind, each with something out of the ordinary,
so that whatever the reader left at its default would show.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any
from urllib.parse import urlsplit

PROJECT = "6a1f0c0d9b6e4a7c8d5e2f3a4b5c6d7e"
_SERVICES = {
    "identity": "/identity/v3",
    "compute": "/compute/v2.1",
    "image": "/image",
    "network": "/network",
    "block-storage": f"/volume/v3/{PROJECT}",
    "load-balancer": "/balancer",
    "dns": "/dns",
}


def _microversion(base: str, highest: str) -> dict[str, Any]:
    links = [{"rel": "self", "href": f"{base}/"}]
    return {
        "id": base.rpartition("/")[2],
        "status": "CURRENT",
        "links": links,
        "version": highest,
        "min_version": "2.1",
    }


def answers(url: str) -> dict[str, Any]:
    """Each path with what it answers."""
    return {
        "/identity/v3": {
            "version": {"id": "v3.14", "status": "stable", "links": [{"rel": "self", "href": f"{url}/identity/v3/"}]}
        },
        "/compute/v2.1": {"version": _microversion(f"{url}/compute/v2.1", "2.96")},
        f"/volume/v3/{PROJECT}": {
            "version": {**_microversion(f"{url}/volume/v3", "3.70"), "id": "v3.0", "min_version": "3.0"}
        },
        "/volume/v3": {"version": {**_microversion(f"{url}/volume/v3", "3.70"), "id": "v3.0", "min_version": "3.0"}},
        "/image": {"versions": [_of("v2.16", f"{url}/image/v2/")]},
        "/network": {"versions": [_of("v2.0", f"{url}/network/v2.0/")]},
        "/balancer": {"versions": [_of("v2.27", f"{url}/balancer/v2")]},
        "/dns": {"versions": {"values": [_of("v2", f"{url}/dns/v2")]}},
        **_COMPUTE,
        **_STORAGE,
        **_NETWORK,
        **_BALANCING,
        **_NAMES,
    }


def _of(version: str, href: str) -> dict[str, Any]:
    return {"id": version, "status": "CURRENT", "links": [{"rel": "self", "href": href}]}


_COMPUTE: dict[str, Any] = {
    "/compute/v2.1/flavors/detail": {
        "flavors": [
            {
                "id": "f-1",
                "name": "small",
                "vcpus": 2,
                "ram": 4096,
                "disk": 20,
                "OS-FLV-EXT-DATA:ephemeral": 0,
                "swap": 0,
                "extra_specs": {"hw:cpu_policy": "dedicated", "hw:numa_nodes": "1"},
            }
        ]
    },
    "/compute/v2.1/os-keypairs": {
        "keypairs": [{"keypair": {"name": "city-operators", "public_key": "ssh-ed25519 AAAAC3Nz operator@desk\n"}}]
    },
    "/compute/v2.1/servers/detail": {
        "servers": [
            {
                "id": "s-1",
                "name": "identity-1",
                "status": "VERIFY_RESIZE",
                "metadata": {"service": "identity"},
                "flavor": {"original_name": "large", "vcpus": 4, "ram": 8192, "disk": 40, "ephemeral": 0, "swap": 0},
            },
            {
                "id": "s-2",
                "name": "identity-2",
                "status": "ACTIVE",
                "metadata": {},
                "flavor": {"original_name": "small", "vcpus": 2, "ram": 4096, "disk": 20, "ephemeral": 0, "swap": 0},
            },
        ]
    },
    "/compute/v2.1/limits": {
        "limits": {
            "rate": [],
            "absolute": {
                "maxTotalCores": 20,
                "totalCoresUsed": 3,
                "maxTotalRAMSize": -1,
                "totalRAMUsed": 512,
                "maxTotalInstances": 10,
                "totalInstancesUsed": 2,
                "maxServerGroups": 5,
                "totalServerGroupsUsed": 4,
                "maxServerGroupMembers": 6,
            },
        }
    },
    "/image/v2/images": {
        "images": [
            {
                "id": "i-1",
                "name": "base",
                "status": "active",
                "os_hash_algo": "sha512",
                "os_hash_value": "ab12",
                "asty_sha256": "cd34",
                "disk_format": "raw",
                "min_disk": 8,
            },
            {"id": "i-2", "name": None, "status": "queued", "os_hash_algo": None, "os_hash_value": None, "min_disk": 0},
        ]
    },
}


def _snapshot(volume: str, status: str, copy_of: str, data_as_of: str) -> dict[str, Any]:
    metadata = {"copy_of": copy_of, "data_as_of": data_as_of}
    return {"id": f"of-{volume}-{data_as_of}", "volume_id": volume, "status": status, "metadata": metadata}


_STORAGE: dict[str, Any] = {
    f"/volume/v3/{PROJECT}/limits": {
        "limits": {
            "rate": [],
            "absolute": {
                "maxTotalVolumes": 10,
                "totalVolumesUsed": 1,
                "maxTotalVolumeGigabytes": 1000,
                "totalGigabytesUsed": 4,
            },
        }
    },
    f"/volume/v3/{PROJECT}/os-quota-sets/{PROJECT}": {
        "quota_set": {"id": PROJECT, "volumes": 10, "gigabytes": 1000, "per_volume_gigabytes": 100}
    },
    f"/volume/v3/{PROJECT}/volumes/detail": {
        "volumes": [
            {
                "id": "v-1",
                "name": "identity-1-data",
                "status": "error",
                "size": 4,
                "attachments": [{"server_id": "s-1", "volume_id": "v-1", "device": "/dev/vdb"}],
                "metadata": {"service": "identity"},
            },
            {
                "id": "v-2",
                "name": "identity-2-data",
                "status": "available",
                "size": 4,
                "attachments": [],
                "metadata": {"service": "identity"},
            },
        ]
    },
    f"/volume/v3/{PROJECT}/snapshots/detail": {
        "snapshots": [
            _snapshot("v-1", "available", "datacentre/identity-1-data", "2030-03-31T11:58:00Z"),
            _snapshot("v-1", "available", "datacentre/identity-1-data", "2030-03-30T11:58:00Z"),
            _snapshot("v-1", "error", "datacentre/identity-1-data", "2030-03-31T12:00:00Z"),
            _snapshot("v-2", "available", "datacentre/identity-2-data", "last night"),
            {"id": "by hand", "volume_id": "v-2", "status": "available", "metadata": {}},
        ]
    },
}
_RULE = {
    "security_group_id": "g-1",
    "protocol": None,
    "port_range_min": None,
    "port_range_max": None,
    "remote_ip_prefix": None,
}
_NETWORK: dict[str, Any] = {
    "/network/v2.0/networks": {"networks": [{"id": "n-1", "name": "recovery-application", "admin_state_up": False}]},
    "/network/v2.0/subnets": {
        "subnets": [
            {"id": "sub-1", "network_id": "n-1", "cidr": "10.2.1.0/24", "gateway_ip": "10.2.1.1", "ip_version": 4}
        ]
    },
    "/network/v2.0/routers": {
        "routers": [
            {
                "id": "r-1",
                "name": "recovery",
                "status": "ACTIVE",
                "admin_state_up": False,
                "external_gateway_info": {"network_id": "n-0"},
            }
        ]
    },
    "/network/v2.0/ports": {
        "ports": [
            {
                "id": "p-1",
                "name": "identity-1",
                "device_id": "s-1",
                "device_owner": "compute:az1",
                "fixed_ips": [{"subnet_id": "sub-1", "ip_address": "10.2.1.49"}],
                "security_groups": ["g-1", "g-of-somebody"],
                "port_security_enabled": False,
                "admin_state_up": False,
            },
            {
                "id": "p-2",
                "name": "",
                "device_id": "r-1",
                "device_owner": "network:router_interface",
                "fixed_ips": [{"subnet_id": "sub-1", "ip_address": "10.2.1.1"}],
                "security_groups": [],
                "port_security_enabled": False,
                "admin_state_up": True,
            },
        ]
    },
    "/network/v2.0/security-groups": {"security_groups": [{"id": "g-1", "name": "identity"}]},
    "/network/v2.0/security-group-rules": {
        "security_group_rules": [
            {**_RULE, "id": "e-4", "direction": "egress", "ethertype": "IPv4"},
            {**_RULE, "id": "x-1", "direction": "ingress", "ethertype": "IPv6", "remote_ip_prefix": "::/0"},
            {
                **_RULE,
                "id": "x-2",
                "direction": "ingress",
                "ethertype": "IPv4",
                "protocol": "udp",
                "port_range_min": 1000,
                "port_range_max": 1010,
                "remote_group_id": "g-foreign",
            },
            {
                **_RULE,
                "id": "x-3",
                "direction": "ingress",
                "ethertype": "IPv4",
                "protocol": "tcp",
                "port_range_min": 443,
                "port_range_max": 443,
                "remote_ip_prefix": "10.2.1.48/29",
            },
        ]
    },
    "/network/v2.0/floatingips": {
        "floatingips": [
            {"id": "a-1", "floating_ip_address": "203.0.113.5", "fixed_ip_address": "10.2.1.48", "status": "ERROR"},
            {"id": "a-2", "floating_ip_address": "203.0.113.6", "fixed_ip_address": None, "status": "DOWN"},
        ]
    },
    f"/network/v2.0/quotas/{PROJECT}/details": {
        "quota": {
            "floatingip": {"limit": 3, "used": 2, "reserved": 1},
            "port": {"limit": 14, "used": 14, "reserved": 0},
            "security_group": {"limit": 10, "used": 2, "reserved": 0},
            "security_group_rule": {"limit": -1, "used": 9, "reserved": 0},
        }
    },
}
_BALANCING: dict[str, Any] = {
    f"/balancer/v2.0/lbaas/quotas/{PROJECT}": {"quota": {"load_balancer": 7, "listener": -1, "pool": -1, "member": -1}},
    "/balancer/v2.0/lbaas/loadbalancers": {
        "loadbalancers": [
            {
                "id": "b-1",
                "name": "identity",
                "vip_address": "10.2.1.48",
                "admin_state_up": True,
                "provisioning_status": "ERROR",
                "operating_status": "OFFLINE",
                "tags": ["tier=1", "service=identity"],
            }
        ]
    },
    "/balancer/v2.0/lbaas/listeners": {
        "listeners": [
            {
                "id": "l-1",
                "name": "identity",
                "protocol": "TCP",
                "protocol_port": 443,
                "allowed_cidrs": ["10.2.1.48/29"],
                "admin_state_up": False,
                "provisioning_status": "ACTIVE",
                "default_pool_id": "q-1",
                "loadbalancers": [{"id": "b-1"}],
            }
        ]
    },
    "/balancer/v2.0/lbaas/pools/q-1/members": {
        "members": [
            {
                "id": "m-1",
                "address": "10.2.1.49",
                "protocol_port": 443,
                "admin_state_up": True,
                "operating_status": "NO_MONITOR",
            },
            {
                "id": "m-2",
                "address": "10.2.1.99",
                "protocol_port": 8443,
                "admin_state_up": True,
                "operating_status": "ERROR",
            },
        ]
    },
}
_NAMES: dict[str, Any] = {
    "/dns/v2/zones": {"zones": [{"id": "z-1", "name": "example.test.", "status": "ERROR"}]},
    "/dns/v2/zones/z-1/recordsets": {
        "recordsets": [
            {
                "id": "rs-1",
                "name": "login.example.test.",
                "type": "A",
                "ttl": 60,
                "status": "ERROR",
                "records": ["203.0.113.6", "203.0.113.5"],
            }
        ]
    },
}


class Cloud:
    """`faults` are by path: a status that is answered so many times before the recorded answer, or `hang`."""

    def __init__(self) -> None:
        self.faults: dict[str, list[int]] = {}
        self.hanging: set[str] = set()
        self.asked: list[str] = []
        self.ended = Event()
        self.url = ""

    def answer(self, path: str) -> tuple[int, Any]:
        self.asked.append(path)
        if path in self.hanging:
            self.ended.wait()
        if self.faults.get(path):
            return self.faults[path].pop(), {"error": "to order"}
        found = answers(self.url).get(path)
        return (404, {}) if found is None else (200, found)


@contextmanager
def serving() -> Iterator[Cloud]:
    """The recorded cloud on a port of loopback that the system chose."""
    cloud = Cloud()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(cloud))
    cloud.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield cloud
    finally:
        cloud.ended.set()
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(cloud: Cloud) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._send(*cloud.answer(urlsplit(self.path).path.rstrip("/")))

        def do_POST(self) -> None:
            """A token, the only thing that a reader asks for by POST."""
            self.rfile.read(int(self.headers["Content-Length"]))
            status, _ = cloud.answer(urlsplit(self.path).path)
            self._send(*((201, _token(cloud.url)) if status in {200, 404} else (status, {})))

        def _send(self, status: int, answer: Any) -> None:  # noqa: ANN401 - JSON is any JSON
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("X-Subject-Token", "a-token")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing on the test's screen."""

    return Handler


def _token(url: str) -> dict[str, Any]:
    catalogue = [
        {
            "id": kind,
            "type": kind,
            "name": kind,
            "endpoints": [{"id": kind, "interface": "public", "region": "R", "region_id": "R", "url": f"{url}{path}"}],
        }
        for kind, path in _SERVICES.items()
    ]
    project = {"id": PROJECT, "name": "c", "domain": {"id": "default", "name": "Default"}}
    user = {"id": "u", "name": "a", "domain": {"id": "default", "name": "Default"}}
    return {
        "token": {
            "catalog": catalogue,
            "project": project,
            "user": user,
            "roles": [],
            "methods": ["password"],
            "issued_at": "2030-01-01T00:00:00Z",
            "expires_at": "2099-01-01T00:00:00Z",
        }
    }
