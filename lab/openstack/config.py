"""The configuration files of one region's services, as text; pure.

The sources of the options are each project's own configuration reference for 2026.1. What they have
in common: databases over a Unix socket that knows the user by itself (no password), messages within
one process (fake:///), logs of bounded size, everything on loopback.
"""

from collections.abc import Mapping
from pathlib import Path

from city.secrets import Secret
from lab.openstack.spec import RegionSpec
from lab.params import CONTROL, Api

SERVICE_USER = "service"
Section = Mapping[str, str | int | bool]
Ini = Mapping[str, Section]

_LOG_LEVELS = (
    "amqp=WARN,sqlalchemy=WARN,oslo.messaging=INFO,stevedore=WARN,keystonemiddleware=WARN,urllib3=WARN,"
    "taskflow=WARN,keystoneauth=WARN,oslo.cache=INFO,oslo_policy=ERROR"
)
_WORKERS = 16
_LOG_MB = 4
_QUOTA = 10_000


def ini(content: Ini) -> str:
    """Sections and options in the form that oslo.config reads."""
    return "\n".join(
        f"[{name}]\n" + "".join(_option(*item) for item in section.items()) for name, section in content.items()
    )


def _option(name: str, value: str | int | bool) -> str:  # noqa: FBT001 - an option of any kind
    return f"{name} = {str(value).lower() if isinstance(value, bool) else value}\n"


def files(spec: RegionSpec, environment: Path, user: str, password: Secret) -> dict[str, str]:
    """Every file by its path below the region's etc/. `user` is who runs the lab, `password` the service user's."""
    make = _Writer(spec, environment, user, password)
    return {
        "keystone.conf": ini(make.keystone()),
        "glance-api.conf": ini(make.glance()),
        "placement.conf": ini(make.placement()),
        "nova.conf": ini(make.nova()),
        "neutron.conf": ini(make.neutron()),
        "ml2_conf.ini": ini(make.ml2()),
        "cinder.conf": ini(make.cinder()),
        "designate/designate.conf": ini(make.designate()),
        "octavia.conf": ini(make.octavia()),
    }


def database_url(spec: RegionSpec, user: str, database: str) -> str:
    """mysqlclient, which halves Neutron's CPU time; under eventlet (Cinder) only a pure Python driver may block."""
    driver = "pymysql" if database == "cinder" else "mysqldb"
    return f"mysql+{driver}://{user}@localhost/{database}?unix_socket={spec.socket}&charset=utf8mb4"


class _Writer:
    def __init__(self, spec: RegionSpec, environment: Path, user: str, password: Secret) -> None:
        self.spec, self.environment, self.user, self.password = spec, environment, user, password

    def _default(self, name: str, **more: str | int | bool) -> Ini:
        return {
            "DEFAULT": {
                "log_file": f"{self.spec.logs}/{name}.log",
                "log_rotation_type": "size",
                "max_logfile_size_mb": _LOG_MB,
                "max_logfile_count": 1,
                "use_stderr": False,
                "default_log_levels": _LOG_LEVELS,
                **more,
            }
        }

    def _messages(self, **more: str | int | bool) -> Section:
        """A pool of threads for each of a process's ten services: as many as a machine of two cores can use."""
        return {
            "transport_url": "fake:///",
            "host": f"{self.spec.short}-ctl",
            "executor_thread_pool_size": _WORKERS,
            **more,
        }

    def _database(self, database: str, section: str = "database") -> Ini:
        url = database_url(self.spec, self.user, database)
        return {section: {"connection": url, "max_pool_size": 5, "max_overflow": 40, "mysql_sql_mode": "TRADITIONAL"}}

    def _login(self, section: str, **more: str | int | bool) -> Ini:
        return {
            section: {
                "auth_type": "password",
                "auth_url": self.spec.auth_url,
                "username": SERVICE_USER,
                "password": self.password.reveal(),
                "project_name": "service",
                "user_domain_id": "default",
                "project_domain_id": "default",
                "region_name": self.spec.name,
                **more,
            }
        }

    def _token(self) -> Ini:
        return self._login(
            "keystone_authtoken",
            www_authenticate_uri=self.spec.auth_url,
            service_token_roles="service",  # noqa: S106 - the name of a role
            service_token_roles_required=True,
        )

    def _quiet(self, folder: str) -> Ini:
        """No notifications to anybody; locks in a folder of the region's own."""
        return {
            "oslo_messaging_notifications": {"driver": "noop"},
            "oslo_concurrency": {"lock_path": f"{self.spec.folder}/{folder}/lock"},
        }

    def keystone(self) -> Ini:
        folder = self.spec.folder
        return {
            **self._default("keystone"),
            **self._database("keystone"),
            "token": {"provider": "fernet", "expiration": 86_400},
            "fernet_tokens": {"key_repository": f"{folder}/fernet"},
            "fernet_receipts": {"key_repository": f"{folder}/fernet"},
            "credential": {"key_repository": f"{folder}/credential"},
            "identity": {
                "password_hash_rounds": 4,  # each request of a Pulumi run may log in
                "max_password_length": 72,  # that of bcrypt
            },
            "cache": {"enabled": True, "backend": "dogpile.cache.memory"},
            "oslo_messaging_notifications": {"driver": "noop"},
        }

    def glance(self) -> Ini:
        folder = self.spec.folder / "glance"
        return {
            **self._default(
                "glance",
                enabled_backends="files:file",
                worker_self_reference_url=self.spec.url(Api.GLANCE),
                enabled_import_methods="[glance-direct]",
                show_image_direct_url=False,
            ),
            **self._database("glance"),
            "glance_store": {"default_backend": "files"},
            "files": {"filesystem_store_datadir": f"{folder}/images"},
            "os_glance_staging_store": {"filesystem_store_datadir": f"{folder}/staging"},
            "os_glance_tasks_store": {"filesystem_store_datadir": f"{folder}/tasks"},
            "paste_deploy": {
                "flavor": "keystone",
                "config_file": f"{self.environment}/etc/glance/glance-api-paste.ini",
            },
            **self._token(),
            "oslo_messaging_notifications": {"driver": "noop"},
        }

    def placement(self) -> Ini:
        return {
            **self._default("placement"),
            "api": {"auth_strategy": "keystone"},
            **self._database("placement", "placement_database"),
            **self._token(),
        }

    def nova(self) -> Ini:
        zones = self.spec.zones
        return {
            **self._default(
                "nova",
                **self._messages(
                    state_path=f"{self.spec.folder}/nova",
                    **self._driver(),
                    my_ip=str(CONTROL),
                    default_availability_zone=zones[0],
                    vif_plugging_is_fatal=False,
                    vif_plugging_timeout=0,
                    cpu_allocation_ratio=16,
                    ram_allocation_ratio="1.5",
                    allow_resize_to_same_host=True,
                    report_interval=30,
                    service_down_time=180,
                ),
            ),
            **self._database("nova_api", "api_database"),
            **self._database("nova"),
            "api": {"auth_strategy": "keystone"},
            "wsgi": {"api_paste_config": f"{self.environment}/etc/nova/api-paste.ini"},
            "scheduler": {"workers": 1, "discover_hosts_in_cells_interval": 60},
            "conductor": {"workers": 1},
            "filter_scheduler": {
                "enabled_filters": "ComputeFilter,ComputeCapabilitiesFilter,ImagePropertiesFilter,"
                "ServerGroupAntiAffinityFilter,ServerGroupAffinityFilter,SameHostFilter,DifferentHostFilter"
            },
            "quota": {
                "instances": 1000,
                "cores": 4000,
                "ram": 8_000_000,
                "key_pairs": 1000,
                "server_groups": 1000,
                "server_group_members": 1000,
            },
            "key_manager": {"backend": "nova.keymgr.conf_key_mgr.ConfKeyManager", "fixed_key": "00"},
            "vnc": {"enabled": False},
            "lab": {"hosts": str(self.spec.params.hosts_socket), "region": self.spec.name},
            **self._token(),
            **self._login("service_user", send_service_user_token=True),
            **self._login("placement"),
            **self._login("neutron", service_metadata_proxy=False),
            **self._login("glance"),
            **self._login("cinder", os_region_name=self.spec.name, catalog_info="block-storage::publicURL"),
            **self._quiet("nova"),
        }

    def _driver(self) -> Section:
        """Where servers really run, they come back with Nova, and Nova looks now and then whether they do so."""
        if not self.spec.params.hosts:
            return {"compute_driver": "lab.LabDriver", "sync_power_state_interval": -1}
        return {
            "compute_driver": "lab_hosts.HostsDriver",
            "sync_power_state_interval": 60,
            "resume_guests_state_on_host_boot": True,
        }

    def neutron(self) -> Ini:
        unlimited = ("network", "subnet", "port", "router", "floatingip", "security_group", "security_group_rule")
        return {
            **self._default(
                "neutron",
                **self._messages(
                    state_path=f"{self.spec.folder}/neutron",
                    core_plugin="ml2",
                    service_plugins="router,qos,auto_allocate,port_forwarding",
                    auth_strategy="keystone",
                    api_paste_config=f"{self.environment}/etc/neutron/api-paste.ini",
                    dhcp_agent_notification=False,
                    notify_nova_on_port_status_changes=False,
                    notify_nova_on_port_data_changes=True,
                    send_events_interval=1,
                    dns_domain="lab.invalid.",
                    rpc_workers=0,
                    api_workers=1,
                ),
            ),
            **self._database("neutron"),
            **self._token(),
            **self._login("nova"),
            **self._login("placement"),
            "quotas": {f"quota_{resource}": _QUOTA for resource in unlimited},
            **self._quiet("neutron"),
        }

    def ml2(self) -> Ini:
        return {
            "ml2": {
                "type_drivers": "flat,vlan,vxlan",
                "tenant_network_types": "vxlan",
                "mechanism_drivers": "lab",
                "extension_drivers": "port_security,qos,dns_domain_ports",
            },
            "ml2_type_flat": {"flat_networks": "public"},
            "ml2_type_vlan": {"network_vlan_ranges": "physnet1:1:4094"},
            "ml2_type_vxlan": {"vni_ranges": "1000:9999"},
        }

    def cinder(self) -> Ini:
        zones = self.spec.zones
        return {
            **self._default(
                "cinder",
                **self._messages(
                    state_path=f"{self.spec.folder}/cinder",
                    auth_strategy="keystone",
                    osapi_volume_listen=str(CONTROL),
                    osapi_volume_listen_port=self.spec.port(Api.CINDER),
                    osapi_volume_workers=1,
                    api_paste_config=f"{self.environment}/etc/cinder/api-paste.ini",
                    resource_query_filters_file=f"{self.environment}/etc/cinder/resource_filters.json",
                    enabled_backends=",".join(zones),
                    default_volume_type="__DEFAULT__",
                    glance_api_servers=self.spec.url(Api.GLANCE),
                    quota_volumes=_QUOTA,
                    quota_snapshots=_QUOTA,
                    quota_gigabytes=1_000_000,
                    storage_availability_zone=zones[0],
                    allow_availability_zone_fallback=True,
                    scheduler_driver_init_wait_time=3,
                ),
            ),
            **{zone: self._backend(zone) for zone in zones},
            **self._database("cinder"),
            **self._token(),
            **self._login("service_user", send_service_user_token=True),
            **self._login("nova", token_auth_url=self.spec.auth_url),
            "coordination": {"backend_url": f"file://{self.spec.folder}/cinder/coordination"},
            **self._quiet("cinder"),
        }

    def _backend(self, zone: str) -> Section:
        drivers = "lab.openstack.drivers"
        driver = "cinder_disks_driver.DiskVolumeDriver" if self.spec.params.hosts else "cinder_driver.LabVolumeDriver"
        return {
            "volume_driver": f"{drivers}.{driver}",
            "lab_volumes": str(self.spec.volumes),
            "volume_backend_name": zone,
            "backend_availability_zone": zone,
            "volume_clear": "none",
        }

    def designate(self) -> Ini:
        return {
            **self._default(
                "designate", **self._messages(state_path=f"{self.spec.folder}/designate", quota_zones=_QUOTA)
            ),
            "service:api": {
                "listen": f"{CONTROL}:{self.spec.port(Api.DESIGNATE)}",
                "auth_strategy": "keystone",
                "enable_api_v2": True,
                "enable_host_header": True,
                "quotas_verify_project_id": False,
            },
            "service:central": {"workers": 1},
            "heartbeat_emitter": {"emitter_type": "noop"},
            **self._database("designate", "storage:sqlalchemy"),
            **self._token(),
            **self._quiet("designate"),
        }

    def octavia(self) -> Ini:
        return {
            **self._default("octavia", **self._messages()),
            "api_settings": {
                "auth_strategy": "keystone",
                "enabled_provider_drivers": "lab:lab",
                "default_provider_driver": "lab",
            },
            "controller_worker": {"network_driver": "allowed_address_pairs_driver"},
            "certificates": {
                "cert_manager": "local_cert_manager",  # files, as the lab has no Barbican
                "storage_path": str(self.spec.certificates),
            },
            **self._database("octavia"),
            **self._token(),
            **self._login("service_auth"),
            **self._login("neutron"),
            **self._quiet("octavia"),
        }
