"""Heartbeat, uptime and server monitors: what they are, and what becomes of what was reported."""
