"""The tab Bits."""
