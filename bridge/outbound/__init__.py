"""What the bridge fetches from others: the one client session, public keys, subscription confirmations."""
