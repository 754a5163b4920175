"""One file per data set: its reader, its protocols and its `ROWS`. A new file here is a new set."""
