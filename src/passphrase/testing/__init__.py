"""Hypothesis strategies for the tests of whoever uses this library (the extra `testing`)."""
