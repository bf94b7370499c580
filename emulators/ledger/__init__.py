"""Ledger timing: when a block exists, what it holds, when it is final, and what is undone.

The EVM executes (`emulators.chain`); the SimPy processes here decide when. One file per consensus,
one entry of `catalogue.yaml` per choice that a scenario may name.
"""
