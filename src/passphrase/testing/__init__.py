"""For your own tests: Hypothesis strategies, and a kit that proves a ledger (extra `testing`)."""
