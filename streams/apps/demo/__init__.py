"""`tapedeck demo`: everything on one machine, supervised."""
