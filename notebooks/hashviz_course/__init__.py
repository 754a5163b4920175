"""What the notebooks share: checks of exercises and widgets."""
