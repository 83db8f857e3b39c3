"""The nod model: features, training, card."""
