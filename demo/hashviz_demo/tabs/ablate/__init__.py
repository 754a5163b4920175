"""The tab Ablate."""
