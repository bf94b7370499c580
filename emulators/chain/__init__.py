"""The ledger's contracts, the EVM that executes them, and what speaks with both."""
