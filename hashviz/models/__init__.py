"""Networks: backbones, their weights, where they compute, and encoding pictures with them."""
