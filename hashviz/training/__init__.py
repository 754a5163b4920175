"""From a configuration to a run: recipes, the loop, optimizers, checkpoints, ablations."""
