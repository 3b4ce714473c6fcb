"""`tapedeck feed`: a provider's frames or answers to ticks and context."""
