"""Every key that the bridge keeps in Redis: one table, one hash tag a shard.

| key          | type   | what it holds                                          | bound |
|--------------|--------|--------------------------------------------------------|-------|
| `in`         | stream | accepted deliveries that are not planned yet           | drained by workers |
| `out`        | stream | planned sends that may be delivered now                | drained by workers |
| `lanes`      | hash   | lanes in use -> 1                                      | one a lane in use |
| `lane:<l>`   | list   | sends of a busy lane, in order                         | gone with the last |
| `due`        | zset   | send id -> time of its next attempt, in ms             | one a waiting retry |
| `due:sends`  | hash   | send id -> the send                                    | with `due` |
| `dead:at`    | zset   | send id -> time of its death, in ms                    | until purged |
| `dead`       | hash   | send id -> the send and the reason                     | with `dead:at` |
| `event:<id>` | hash   | ledger of one delivery: facts, raw body, its sends     | TTL and a number, once it is done |
| `log`        | zset   | delivery id -> time of receipt, in ms                  | trimmed with the events |
| `dup:<d>`    | string | digest of source and sender's message id -> delivery id | TTL: the duplicate window |
| `spooled:<id>` | string | a delivery that a spool brought, or will bring       | TTL |
| `incident:<l>` | hash | the API's id of a lane's incident, or that it is being made | TTL: `retention.incidents` |
| `counts`     | hash   | what has happened, counted inside the transitions      | fixed set of fields |
| `workers`    | zset   | worker's name -> when it was last heard of, in ms      | an hour after it fell silent |
| `observed`   | hash   | what workers have measured: attempts, delivery times   | fixed set of fields |
| `gauges`     | hash   | what workers have found: the audit's drift             | fixed set of fields |
| `alarms`     | hash   | open alarm -> who told of it, and when                 | one an open alarm |
| `evidence`   | zset   | a row of the evidence of channel tests -> its time, in ms | 13 months |
| `evidence:head` | hash | number and hash of the newest row                      | two fields |
| `evidence:claim:<c>` | string | a test that is not to be made twice            | TTL |
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

GROUP = "workers"


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one shard. The braces keep them on one node of a cluster, so a script may touch them all."""

    prefix: str = "pinghome-bridge"
    shard: int = 0

    def key(self, name: str) -> str:
        """The full name of a key of this shard."""
        return f"{self.prefix}:{{{self.shard}}}:{name}"

    @property
    def inbox(self) -> str:
        """Stream of accepted deliveries."""
        return self.key("in")

    @property
    def outbox(self) -> str:
        """Stream of sends."""
        return self.key("out")

    @property
    def lanes(self) -> str:
        """Hash of the lanes in use."""
        return self.key("lanes")

    @property
    def lane_prefix(self) -> str:
        """What comes before a lane's own name."""
        return self.key("lane:")

    @property
    def due(self) -> str:
        """Sorted set of retries by time."""
        return self.key("due")

    @property
    def due_sends(self) -> str:
        """Hash of the sends that wait for a retry."""
        return self.key("due:sends")

    @property
    def dead(self) -> str:
        """Hash of dead letters."""
        return self.key("dead")

    @property
    def dead_at(self) -> str:
        """Sorted set of dead letters by time."""
        return self.key("dead:at")

    @property
    def log(self) -> str:
        """Sorted set of deliveries by time of receipt."""
        return self.key("log")

    @property
    def counts(self) -> str:
        """Hash of counters."""
        return self.key("counts")

    @property
    def workers(self) -> str:
        """Sorted set of workers by when they were last heard of."""
        return self.key("workers")

    @property
    def observed(self) -> str:
        """Hash of what workers have measured."""
        return self.key("observed")

    @property
    def gauges(self) -> str:
        """Hash of what workers have found."""
        return self.key("gauges")

    @property
    def alarms(self) -> str:
        """Hash of the open alarms."""
        return self.key("alarms")

    def spooled(self, delivery_id: str) -> str:
        """Marker of one delivery that a spool brings."""
        return self.key(f"spooled:{delivery_id}")

    @property
    def evidence(self) -> str:
        """Sorted set of the rows of evidence by time."""
        return self.key("evidence")

    @property
    def evidence_head(self) -> str:
        """Hash that names the newest row."""
        return self.key("evidence:head")

    def evidence_claim(self, claim: str) -> str:
        """Marker of a test that is under way or over."""
        return self.key(f"evidence:claim:{claim}")

    @property
    def event_prefix(self) -> str:
        """What comes before a delivery's id."""
        return self.key("event:")

    def event(self, delivery_id: str) -> str:
        """Ledger of one delivery."""
        return self.event_prefix + delivery_id

    def incident(self, lane: str) -> str:
        """The incident of one lane."""
        return self.key(f"incident:{lane}")

    def duplicate(self, source: str, event_id: str) -> str:
        """Marker of one sender's message id. The source is part of it: no duplicates across sources."""
        digest = hashlib.blake2b(f"{source}\0{event_id}".encode("utf-8", "surrogatepass"), digest_size=16)
        return self.key(f"dup:{digest.hexdigest()}")
