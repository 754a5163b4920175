"""What is around every tab: head, bar of query and run, styles, and the files they come from."""
