"""The local spool: what Redis cannot store now is kept on this node's disk, and brought to Redis when it is back."""
