"""People: their proofs, roles, limits and addresses."""
