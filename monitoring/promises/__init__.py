"""How each promise of a city is measured: one module each, ending in one Indicator, listed nowhere."""
