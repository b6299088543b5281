"""What happens to a message, in order: receive, plan, deliver. No I/O library; what it needs are ports."""
