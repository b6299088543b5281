"""What the local Pinghome tells people: the outbox, the courier that empties it, and whom incidents are told to."""
