"""What a scene answers, one file a tab: plain functions of plain values, without a server."""
