"""A file per data set or kind of file: readers, protocols and `ROWS`. A new file is found here."""
