// The resource plugin that the pulumi_openstack package talks to, put together from the two
// published modules it consists of: the Terraform provider for OpenStack and Pulumi's bridge.
// For machines that reach the Go module proxy but not Pulumi's own downloads.
package main

import (
	"encoding/json"
	"strings"
	"unicode"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	sdkv2 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/terraform-provider-openstack/terraform-provider-openstack/v3/openstack"
)

const pkg = "openstack"

// version is set by the linker to that of the pulumi_openstack package in use.
var version = "0.0.0-dev"

// resources maps a Terraform resource, less its prefix, to the module and class of pulumi_openstack.
var resources = map[string]string{
	"blockstorage_qos_association_v3":    "blockstorage/QosAssociationV3",
	"blockstorage_qos_v3":                "blockstorage/QosV3",
	"blockstorage_quotaset_v3":           "blockstorage/QuoteSetV3", // spelt so by the package
	"blockstorage_volume_attach_v3":      "blockstorage/VolumeAttach",
	"blockstorage_volume_type_access_v3": "blockstorage/VolumeTypeAccessV3",
	"blockstorage_volume_type_v3":        "blockstorage/VolumeTypeV3",
	"blockstorage_volume_v3":             "blockstorage/Volume",

	"compute_aggregate_v2":        "compute/AggregateV2",
	"compute_flavor_access_v2":    "compute/FlavorAccess",
	"compute_flavor_v2":           "compute/Flavor",
	"compute_instance_v2":         "compute/Instance",
	"compute_interface_attach_v2": "compute/InterfaceAttach",
	"compute_keypair_v2":          "compute/Keypair",
	"compute_quotaset_v2":         "compute/QuotaSetV2",
	"compute_servergroup_v2":      "compute/ServerGroup",
	"compute_volume_attach_v2":    "compute/VolumeAttach",

	"dns_quota_v2":            "dns/QuotaV2",
	"dns_recordset_v2":        "dns/RecordSet",
	"dns_transfer_accept_v2":  "dns/TransferAccept",
	"dns_transfer_request_v2": "dns/TransferRequest",
	"dns_zone_share_v2":       "dns/ZoneShareV2",
	"dns_zone_v2":             "dns/Zone",

	"identity_application_credential_v3":  "identity/ApplicationCredential",
	"identity_ec2_credential_v3":          "identity/Ec2CredentialV3",
	"identity_endpoint_v3":                "identity/EndpointV3",
	"identity_group_v3":                   "identity/GroupV3",
	"identity_inherit_role_assignment_v3": "identity/InheritRoleAssignment",
	"identity_limit_v3":                   "identity/LimitV3",
	"identity_project_v3":                 "identity/Project",
	"identity_registered_limit_v3":        "identity/RegisteredLimitV3",
	"identity_role_assignment_v3":         "identity/RoleAssignment",
	"identity_role_v3":                    "identity/Role",
	"identity_service_v3":                 "identity/ServiceV3",
	"identity_user_membership_v3":         "identity/UserMembershipV3",
	"identity_user_v3":                    "identity/User",

	"images_image_access_accept_v2": "images/ImageAccessAccept",
	"images_image_access_v2":        "images/ImageAccess",
	"images_image_v2":               "images/Image",

	"lb_flavor_v2":       "loadbalancer/FlavorV2",
	"lb_l7policy_v2":     "loadbalancer/L7PolicyV2",
	"lb_l7rule_v2":       "loadbalancer/L7RuleV2",
	"lb_listener_v2":     "loadbalancer/Listener",
	"lb_loadbalancer_v2": "loadbalancer/LoadBalancer",
	"lb_member_v2":       "loadbalancer/Member",
	"lb_members_v2":      "loadbalancer/Members",
	"lb_monitor_v2":      "loadbalancer/Monitor",
	"lb_pool_v2":         "loadbalancer/Pool",
	"lb_quota_v2":        "loadbalancer/Quota",

	"networking_address_group_v2":              "networking/AddressGroupV2",
	"networking_addressscope_v2":               "networking/AddressScope",
	"networking_floatingip_associate_v2":       "networking/FloatingIpAssociate",
	"networking_floatingip_v2":                 "networking/FloatingIp",
	"networking_network_v2":                    "networking/Network",
	"networking_port_secgroup_associate_v2":    "networking/PortSecGroupAssociate",
	"networking_port_v2":                       "networking/Port",
	"networking_portforwarding_v2":             "networking/PortForwardingV2",
	"networking_qos_bandwidth_limit_rule_v2":   "networking/QosBandwidthLimitRule",
	"networking_qos_dscp_marking_rule_v2":      "networking/QosDscpMarkingRule",
	"networking_qos_minimum_bandwidth_rule_v2": "networking/QosMinimumBandwidthRule",
	"networking_qos_policy_v2":                 "networking/QosPolicy",
	"networking_quota_v2":                      "networking/QuotaV2",
	"networking_rbac_policy_v2":                "networking/RbacPolicyV2",
	"networking_router_interface_v2":           "networking/RouterInterface",
	"networking_router_route_v2":               "networking/RouterRoute",
	"networking_router_routes_v2":              "networking/RouterRoutesV2",
	"networking_router_v2":                     "networking/Router",
	"networking_secgroup_rule_v2":              "networking/SecGroupRule",
	"networking_secgroup_v2":                   "networking/SecGroup",
	"networking_segment_v2":                    "networking/SegmentV2",
	"networking_subnet_route_v2":               "networking/SubnetRoute",
	"networking_subnet_v2":                     "networking/Subnet",
	"networking_subnetpool_v2":                 "networking/SubnetPool",
	"networking_trunk_v2":                      "networking/Trunk",
}

// functions maps a Terraform data source, less its prefix, to the module and function of pulumi_openstack.
var functions = map[string]string{
	"blockstorage_availability_zones_v3": "blockstorage/getAvailabilityZonesV3",
	"blockstorage_quotaset_v3":           "blockstorage/getQuotasetV3",
	"blockstorage_volume_v3":             "blockstorage/getVolumeV3",
	"compute_availability_zones_v2":      "compute/getAvailabilityZones",
	"compute_flavor_v2":                  "compute/getFlavor",
	"compute_instance_v2":                "compute/getInstanceV2",
	"compute_limits_v2":                  "compute/getLimitsV2",
	"compute_quotaset_v2":                "compute/getQuotaSetV2",
	"dns_zone_v2":                        "dns/getDnsZone",
	"identity_auth_scope_v3":             "identity/getAuthScope",
	"identity_project_v3":                "identity/getProject",
	"identity_role_v3":                   "identity/getRole",
	"identity_user_v3":                   "identity/getUser",
	"images_image_v2":                    "images/getImage",
	"lb_loadbalancer_v2":                 "loadbalancer/getLoadbalancerV2",
	"networking_network_v2":              "networking/getNetwork",
	"networking_port_v2":                 "networking/getPort",
	"networking_quota_v2":                "networking/getQuotaV2",
	"networking_router_v2":               "networking/getRouter",
	"networking_secgroup_v2":             "networking/getSecGroup",
	"networking_subnet_v2":               "networking/getSubnet",
}

// configuration names the provider's settings that plain Pulumi programs take from the environment.
var configuration = map[string]string{
	"cloud":         "OS_CLOUD",
	"region":        "OS_REGION_NAME",
	"insecure":      "OS_INSECURE",
	"endpoint_type": "OS_ENDPOINT_TYPE",
	"swauth":        "OS_SWAUTH",
	"delayed_auth":  "OS_DELAYED_AUTH",
	"allow_reauth":  "OS_ALLOW_REAUTH",
}

// token turns "module/Name" into "openstack:module/name:Name".
func token(place string) tokens.ModuleMember {
	module, name, _ := strings.Cut(place, "/")
	file := []rune(name)
	file[0] = unicode.ToLower(file[0])
	return tokens.ModuleMember(pkg + ":" + module + "/" + string(file) + ":" + name)
}

func describe() tfbridge.ProviderInfo {
	info := tfbridge.ProviderInfo{
		P:           sdkv2.NewProvider(openstack.Provider()),
		Name:        pkg,
		Version:     version,
		Config:      make(map[string]*tfbridge.SchemaInfo, len(configuration)),
		Resources:   make(map[string]*tfbridge.ResourceInfo, len(resources)),
		DataSources: make(map[string]*tfbridge.DataSourceInfo, len(functions)),
	}
	for setting, variable := range configuration {
		info.Config[setting] = &tfbridge.SchemaInfo{Default: &tfbridge.DefaultInfo{EnvVars: []string{variable}}}
	}
	for resource, place := range resources {
		info.Resources["openstack_"+resource] = &tfbridge.ResourceInfo{Tok: tokens.Type(token(place))}
	}
	for source, place := range functions {
		info.DataSources["openstack_"+source] = &tfbridge.DataSourceInfo{Tok: token(place)}
	}
	// The one property whose plural the package spells otherwise than the bridge would.
	info.Resources["openstack_networking_subnet_v2"].Fields = map[string]*tfbridge.SchemaInfo{
		"allocation_pool": {Name: "allocationPools"},
	}
	info.SetAutonaming(255, "-")
	return info
}

func main() {
	schema, err := json.Marshal(map[string]string{"name": pkg, "version": version})
	if err != nil {
		panic(err)
	}
	tfbridge.Main(pkg, version, describe(), schema)
}
