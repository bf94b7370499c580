"""The co-simulated world: one thin mosaik simulator per layer, the run, and its results."""
