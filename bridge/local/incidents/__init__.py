"""What events do to incidents, and incidents to people and status pages."""
