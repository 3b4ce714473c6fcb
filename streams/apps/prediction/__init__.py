"""What `run predict` is made of: asking the models, and training them when there are none."""
