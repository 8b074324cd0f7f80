"""Options of a resource of which something stays as it is, whatever is declared."""

import pulumi


def staying(
    child: pulumi.ResourceOptions,
    *properties: str,
    protect: bool | None = None,
    delete_before_replace: bool | None = None,
) -> pulumi.ResourceOptions:
    """Of a child that is never replaced for these properties: they count when it is made."""
    own = pulumi.ResourceOptions(
        ignore_changes=list(properties), protect=protect, delete_before_replace=delete_before_replace
    )
    return pulumi.ResourceOptions.merge(child, own)
