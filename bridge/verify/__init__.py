"""Proofs of who sent a request. Shared by all sources; which one applies is configured, never detected."""
