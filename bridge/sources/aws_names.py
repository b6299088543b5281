"""Names in AWS: the parts of an ARN, the partition of a region, the address of a console.

Source: AWS documentation, General Reference, "Amazon Resource Names" and "AWS service endpoints".
"""

from __future__ import annotations

from typing import Final

from bridge.domain.alert import Link, Rel

_PARTITIONS: Final = {"cn-": "aws-cn", "us-gov-": "aws-us-gov", "us-iso-": "aws-iso", "us-isob-": "aws-iso-b"}
_CONSOLES: Final = {
    "aws": "https://{region}.console.aws.amazon.com",
    "aws-cn": "https://{region}.console.amazonaws.cn",
    "aws-us-gov": "https://{region}.console.amazonaws-us-gov.com",
}


def arn_part(arn: str | None, index: int) -> str | None:
    """One part of `arn:partition:service:region:account:resource`; None where it is empty or missing."""
    parts = (arn or "").split(":", 5)
    return parts[index] or None if parts[0] == "arn" and len(parts) > index else None


def is_arn(value: str | None) -> bool:
    """Whether this is a whole ARN. Documentation's stand-ins ("auto-scaling-group-arn") are none."""
    return (value or "").startswith("arn:") and arn_part(value, 5) is not None


def partition_of(region: str | None) -> str | None:
    """Which partition a region's name belongs to."""
    if region is None:
        return None
    return next((partition for prefix, partition in _PARTITIONS.items() if region.startswith(prefix)), "aws")


def built_arn(service: str, region: str | None, account: str | None, resource: str | None) -> str | None:
    """The ARN of a resource whose message states its parts only, or None where one is missing."""
    if not (region and account and resource):
        return None
    return f"arn:{partition_of(region)}:{service}:{region}:{account}:{resource}"


def console_links(partition: str | None, region: str | None, path: str) -> tuple[Link, ...]:
    """The link to a page of the region's console; none where the console of the partition is not known."""
    console = _CONSOLES.get(partition or "")
    if console is None or region is None or not region.replace("-", "").isalnum():
        return ()
    return (Link(rel=Rel.CONSOLE, href=f"{console.format(region=region)}/{path}"),)
