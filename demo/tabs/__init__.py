"""The tabs of the app: each file lays one out and wires it; all share one `Scene`."""
