"""What surrounds every tab: head, bar of query and run, shared templates, scripts and styles."""
