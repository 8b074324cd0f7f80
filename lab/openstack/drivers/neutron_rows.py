"""Neutron's tables, read as often as they change: `python neutron_rows.py USER SOCKET...`, a database a region.

Runs in OpenStack's environment, which has the database's driver. It prints a line of JSON for each change of a region
(`region`: its number in the order of the sockets, `rows`: table by table), or why none could be read (`problem`). A
line on standard input asks for every region anew, and is counted in `asked`; the end of standard input ends it.
All tables are read at one moment. The question whether anything changed costs one row, so that rest costs little.
"""

import json
import select
import sys
from typing import Any

import pymysql

PERIOD_S = 1.0
_CHANGES = (
    "SELECT COUNT(*), SUM(revision_number), MAX(id), MAX(updated_at) FROM standardattributes",
    "SELECT COUNT(*), SUM(CRC32(CONCAT_WS(' ', port_id, security_group_id))) FROM securitygroupportbindings",
    "SELECT COUNT(*), SUM(CRC32(CONCAT_WS(' ', port_id, ip_address))) FROM ipallocations",
)
"""Neutron counts a revision for each change of a resource; what a port has is counted beside it."""
TABLES = {
    "networks": "SELECT id, admin_state_up, mtu, standard_attr_id FROM networks",
    "external": "SELECT network_id FROM externalnetworks",
    "tags": "SELECT standard_attr_id, tag FROM tags",
    "subnets": "SELECT id, network_id, cidr, gateway_ip FROM subnets",
    "pools": "SELECT subnet_id, first_ip, last_ip FROM ipallocationpools",
    "subnet_routes": "SELECT subnet_id, destination, nexthop FROM subnetroutes",
    "ports": "SELECT id, network_id, mac_address, device_id, device_owner, admin_state_up FROM ports"
    " ORDER BY standard_attr_id",
    "port_security": "SELECT port_id, port_security_enabled FROM portsecuritybindings",
    "addresses": "SELECT port_id, subnet_id, ip_address FROM ipallocations",
    "pairs": "SELECT port_id, mac_address, ip_address FROM allowedaddresspairs",
    "port_groups": "SELECT port_id, security_group_id FROM securitygroupportbindings",
    "groups": "SELECT id, stateful FROM securitygroups",
    "rules": "SELECT security_group_id, direction, ethertype, protocol, port_range_min, port_range_max,"
    " remote_ip_prefix, remote_group_id, remote_address_group_id FROM securitygrouprules",
    "address_groups": "SELECT address_group_id, address FROM address_associations",
    "routers": "SELECT id, gw_port_id, enable_snat, admin_state_up FROM routers",
    "router_routes": "SELECT router_id, destination, nexthop FROM routerroutes",
    "floating": "SELECT floating_ip_address, fixed_ip_address, router_id FROM floatingips"
    " WHERE fixed_port_id IS NOT NULL",
}


class Database:
    """One region's; it may come and go."""

    def __init__(self, user: str, path: str) -> None:
        self.user, self.path = user, path
        self.open: Any = None
        self.seen: Any = None

    def changed(self) -> bool:
        """Whether anything changed since this was asked before."""
        now = [self._rows(question) for question in _CHANGES]
        before, self.seen = self.seen, now
        return bool(now != before)

    def rows(self) -> dict[str, list[dict[str, Any]]]:
        """All tables, as they were at one moment."""
        self._cursor().execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
        try:
            return {name: self._rows(question) for name, question in TABLES.items()}
        finally:
            self.open.rollback()

    def close(self) -> None:
        if self.open is not None:
            self.open.close()
        self.open = self.seen = None

    def _rows(self, question: str) -> list[dict[str, Any]]:
        cursor = self._cursor()
        cursor.execute(question)
        return list(cursor.fetchall())

    def _cursor(self) -> Any:  # noqa: ANN401 - the driver is untyped
        if self.open is None:
            self.open = pymysql.connect(
                user=self.user,
                unix_socket=self.path,
                database="neutron",
                autocommit=True,
                connect_timeout=5,
                read_timeout=10,
                cursorclass=pymysql.cursors.DictCursor,
            )
        return self.open.cursor()


def look(number: int, database: Database, asked: int, *, anew: bool) -> None:
    """Say what there is to say of one region."""
    said: dict[str, Any] | None
    try:
        said = {"rows": database.rows()} if database.changed() or anew else None
    except (pymysql.MySQLError, OSError) as error:
        database.close()
        said = {"problem": str(error)}
    if said is not None:
        sys.stdout.write(json.dumps({"region": number, "asked": asked, **said}, default=str) + "\n")
        sys.stdout.flush()


def main(user: str, *paths: str) -> None:
    databases = [Database(user, path) for path in paths]
    asked = 0
    while True:
        ready, _, _ = select.select([sys.stdin], [], [], PERIOD_S)
        if ready and not sys.stdin.readline():
            return
        asked += bool(ready)
        for number, database in enumerate(databases):
            look(number, database, asked, anew=bool(ready))


if __name__ == "__main__":
    main(*sys.argv[1:])
