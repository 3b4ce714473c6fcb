"""The sample tape that ships with Tapedeck."""
