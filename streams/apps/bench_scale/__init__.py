"""`tapedeck bench scale`: one, two and four processes of `run bars`."""
