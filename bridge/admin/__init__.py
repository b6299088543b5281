"""The operators' listener: what was accepted and what became of it."""
