"""Methods that are fitted to features in closed form or by a short iteration, without a network.

`fit(features, labels, bits, seed) -> encoder`: an encoder is a module from features to real outputs
whose buffers are its constructor's arguments, so that a run can rebuild it from its weights.
"""
