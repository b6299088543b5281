"""The demo world that a local Pinghome starts with on a developer's machine, by value.

None of it is a secret, and none of it exists where the local Pinghome was not started with `demo`.
"""

from __future__ import annotations

from typing import Final

DEMO_EMAIL: Final = "demo@example.com"
DEMO_PASSWORD: Final = "demo-Passw0rd!"  # noqa: S105 - published on purpose, works on loopback only

DEMO_ORGANISATION_ID: Final = "de300000-0000-4000-8000-000000000001"
DEMO_CUSTOMER_ID: Final = "de300000-0000-4000-8000-000000000002"
DEMO_TEAM_ID: Final = "de300000-0000-4000-8000-000000000003"
DEMO_SERVICE_ID: Final = "de300000-0000-4000-8000-000000000004"
DEMO_WEBHOOK_ID: Final = "de300000-0000-4000-8000-000000000005"
"""The webhook `alerts`."""
DEMO_HEARTBEAT_ID: Final = "de300000-0000-4000-8000-000000000006"
"""The heartbeat monitor `demo-job`."""
DEMO_RULESET_ID: Final = "de300000-0000-4000-8000-000000000007"
"""The webhook ruleset that opens an incident for `status equal firing`."""
