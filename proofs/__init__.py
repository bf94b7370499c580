"""Proofs about the contracts: forge invariants, Halmos, Slither, each with pinned tools."""
