"""The posture model: features, training, card."""
