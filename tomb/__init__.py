"""TOMB, The Open Music Box: a child puts a tag on the box, and music plays."""

__version__ = "0.1.0"
