"""The tab Break."""
