"""Deep hashing you can see."""
