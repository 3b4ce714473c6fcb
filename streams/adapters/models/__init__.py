"""Models on disk and in memory: cards, the store, and sessions that compute."""
