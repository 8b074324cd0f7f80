"""What a figure is, how an indicator finds it, and all figures of a city at a moment."""
