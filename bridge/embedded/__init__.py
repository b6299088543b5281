"""What `up` starts besides our own code: a Valkey of its own, and the processes of the bridge."""
