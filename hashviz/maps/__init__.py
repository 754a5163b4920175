"""Codes as points of a plane: layouts, UMAP, and how far a map can be trusted."""
