"""The desk's first page in numbers: rows in, frozen figures out, each of them drawn by a template of its own."""
