"""Studies of speed, memory and decision quality: each prints a table and writes JSON."""
