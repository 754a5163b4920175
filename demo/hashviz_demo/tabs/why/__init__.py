"""The tab Why."""
