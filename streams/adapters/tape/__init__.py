"""Market data files as one stream of ticks: opened, cut, parsed by column, numbered, merged."""
