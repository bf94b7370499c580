"""What a run leaves behind: eight Parquet tables, a manifest, and DuckDB views over all runs.

`recorder` and `store` write, `manifest` and `views` read, `verify` recomputes. Nothing here knows
how a run came about.
"""

from cosim.results.views import open_runs

__all__ = ["open_runs"]
