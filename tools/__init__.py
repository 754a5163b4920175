"""What builds the notebooks, the README and docs, the league and one page of all figures."""
