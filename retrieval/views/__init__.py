"""The visitor's pages: a photo in, a place out."""
