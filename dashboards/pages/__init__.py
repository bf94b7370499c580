"""One module per page; each is a function of its address."""
