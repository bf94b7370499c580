"""The one way from a folder of runs to the numbers on a page."""
