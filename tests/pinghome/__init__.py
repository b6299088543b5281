"""The Pinghome API: its table, its addresses and its client."""
