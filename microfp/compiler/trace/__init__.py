"""What a model and a loss do, as graphs without numbers."""
