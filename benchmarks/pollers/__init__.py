"""What it costs to wait: the styles of pollers, side by side."""
