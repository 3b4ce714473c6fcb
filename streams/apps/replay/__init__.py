"""`tapedeck replay`: files to the topic `ticks`."""
