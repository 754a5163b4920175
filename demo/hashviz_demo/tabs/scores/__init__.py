"""The tab Scores."""
