"""Where sends go: each sink builds its call and posts it on the process's one client session."""
