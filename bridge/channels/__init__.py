"""Tests of notification channels: proof that a page can reach a person, and evidence of it that lasts."""
