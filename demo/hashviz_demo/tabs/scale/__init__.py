"""The tab Scale."""
