"""What each command does, by family; imported when a command runs."""
