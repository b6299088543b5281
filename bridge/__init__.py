"""pinghome-bridge: alerts and heartbeats in, proven and durable, and on to Pinghome."""
