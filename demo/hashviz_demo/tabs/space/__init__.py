"""The tab Space."""
