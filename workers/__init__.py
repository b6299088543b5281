"""arq, and nothing else knows it: the process that hosts the consumers and runs the upkeep."""
