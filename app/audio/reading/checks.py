"""What sound cannot be: figures from which on a file is damaged."""

LOUDEST = 1e10
"""The largest sample, where 1 is full scale: squares of larger ones overflow, and integers of 32 bits are smaller."""
RATES = (1_000, 768_000)
"""The rates that a recording may have, in Hz: others are damage, and would be resampled to hours."""
MOST_CHANNELS = 1024
"""A file with more is damaged; its header says nothing that can be believed."""
