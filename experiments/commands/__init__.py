"""One file per group of `twin` commands; what is slow to import is imported inside the command."""
