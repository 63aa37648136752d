"""The pages of the catalogue, a file for each thing a visitor does."""
