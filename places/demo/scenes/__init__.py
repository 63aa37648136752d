"""One file for each landmark of the demo set: `model()` and ten `VIEWS`. How to write one: places/demo/shapes.py."""
