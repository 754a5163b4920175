"""What each command does, by family; imported when a command runs, with the imports it needs."""

WRONG_INPUT: tuple[type[Exception], ...] = (ValueError, FileNotFoundError, PermissionError)
"""Errors that the person at the keyboard can mend."""
