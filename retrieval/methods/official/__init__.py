"""Checkpoints that the methods' authors published, read from their own files and run by their own rules."""
