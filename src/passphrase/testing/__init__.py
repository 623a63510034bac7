"""Hypothesis strategies for your own tests (the extra `testing`)."""
