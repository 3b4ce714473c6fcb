"""`tapedeck evaluate`: what models are worth, beside what costs nothing."""
