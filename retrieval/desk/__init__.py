"""What the index tells curators, as pages of the desk: a file each, mounted by retrieval.admin."""
