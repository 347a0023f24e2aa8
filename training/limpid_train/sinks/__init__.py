"""Small experiments on attention sinks, see docs/attention.md."""
