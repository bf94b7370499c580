"""What a user runs: the `twin` command, sweeps, and the catalogue of scenarios in `scenarios/`."""
