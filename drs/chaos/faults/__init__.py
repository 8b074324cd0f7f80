"""What may break while a drill goes on, one module each; drs.chaos.draw finds them."""
