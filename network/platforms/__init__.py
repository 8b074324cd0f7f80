"""How scripts outside this repository come to what a push knows of a platform."""
