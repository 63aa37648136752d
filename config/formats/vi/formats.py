"""What Django's Vietnamese formats lack: digits in groups of three, 1.092."""

NUMBER_GROUPING = 3
