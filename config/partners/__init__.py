"""What partners of the API are given: pages, code that runs as it is printed, a client, and notice of what changes."""
