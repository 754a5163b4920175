"""What decides a bit: heat maps, scales, and the attacks that turn it."""
