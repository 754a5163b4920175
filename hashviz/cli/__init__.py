"""What each command does, by family; imported when a command runs."""

WRONG_INPUT: tuple[type[Exception], ...] = (ValueError, FileNotFoundError, PermissionError)
"""Errors that the person at the keyboard can fix."""
