"""Redis (or Valkey), and nothing else in the bridge knows it."""
