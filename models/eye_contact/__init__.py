"""The eye_contact model: features, training, card."""
