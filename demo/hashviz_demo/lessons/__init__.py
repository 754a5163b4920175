"""Walks through the material: scenes of the app in an order, with two sentences and a bet each."""
