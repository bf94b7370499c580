"""Stand-ins for what lies outside the twin: meters, batteries, links, chain and ledger."""
