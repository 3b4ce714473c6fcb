"""`tapedeck train`: rows to data, data to models, models to the store."""
