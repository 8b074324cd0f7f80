"""What is tried on a city whose servers really run: one city, brought up from nothing for all of it."""
