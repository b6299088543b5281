"""Which addresses SNS may publish its certificates at and confirm subscriptions by.

Trust in a message comes from the host that its certificate is fetched from, so the host is pinned. AWS's
own validators once took any host that looked similar, and certificates in foreign buckets then signed
forged messages (DEF CON 30, "SNS signature forgery"). Addresses are matched as a whole against one pattern
instead of being taken apart, so that no two URL parsers can disagree about them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final
from urllib.parse import parse_qsl

from bridge.domain.errors import Unauthentic
from bridge.verify.addresses import ADDRESS, is_loopback

_AWS: Final = re.compile(
    r"https://sns\.(?P<region>[a-z0-9-]{3,})\.amazonaws\.com(?P<china>\.cn)?(?P<rest>/[!-~]*)",
    re.ASCII,
)
_AWS_CERTIFICATE: Final = re.compile(r"/SimpleNotificationService-[0-9a-f]+\.pem", re.ASCII)
_PLAIN_PATH: Final = re.compile(r"/[^?#]*", re.ASCII)
_CONFIRMATION: Final = re.compile(r"/\?(?P<query>[^#]+)", re.ASCII)


class SnsAddresses:
    """AWS's own hosts, and the hosts that the operator allows beside them."""

    def __init__(self, allowed_hosts: Sequence[str] = (), *, allow_http: bool = False) -> None:
        """`allowed_hosts` are `host` or `host:port`, lower case; `allow_http` is for loopback ones only."""
        self._allowed = frozenset(allowed_hosts)
        self._allow_http = allow_http

    def check_certificate(self, url: str, topic_arn: str) -> None:
        """Raises Unauthentic unless this is where SNS publishes certificates for the topic's region."""
        rest, own = self._rest(url, topic_arn)
        pattern = _PLAIN_PATH if own else _AWS_CERTIFICATE
        if not pattern.fullmatch(rest):
            raise Unauthentic("the certificate's address has another path than SNS publishes at")

    def check_confirmation(self, url: str, topic_arn: str, token: str) -> None:
        """Raises Unauthentic unless a GET of this does nothing but confirm this token for this topic.

        On the operator's own hosts the path is theirs to choose: the operator vouches for what a GET does there.
        """
        rest, own = self._rest(url, topic_arn)
        if own and "#" not in rest:
            return
        found = _CONFIRMATION.fullmatch(rest)
        wanted = [("Action", "ConfirmSubscription"), ("Token", token), ("TopicArn", topic_arn)]
        if found is None or sorted(parse_qsl(found["query"], keep_blank_values=True)) != wanted:
            raise Unauthentic("the confirmation's address does not confirm exactly this subscription")

    def _rest(self, url: str, topic_arn: str) -> tuple[str, bool]:
        """The address after its host, and whether the host is the operator's own. Raises Unauthentic."""
        if (found := ADDRESS.fullmatch(url)) and found["host"] + (found["port"] or "") in self._allowed:
            if found["scheme"] == "http" and not (self._allow_http and is_loopback(found["host"])):
                raise Unauthentic("the address is not on https")
            return found["rest"], True
        partition, region = _place(topic_arn)
        found = _AWS.fullmatch(url)
        if found is None or found["region"] != region or (found["china"] and partition != "aws-cn"):
            raise Unauthentic("the address is not on a host that may speak for the topic")
        return found["rest"], False


def _place(topic_arn: str) -> tuple[str, str]:
    parts = topic_arn.split(":")
    return (parts[1], parts[3]) if len(parts) == 6 else ("", "")
