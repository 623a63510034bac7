"""Hypothesis calls this when it is imported, and can then make an `Invite`.

Source: the entry point `hypothesis` in pyproject.toml.
"""

from importlib import import_module
from typing import cast

from hypothesis import strategies as st

from passphrase.invite import Invite


def register() -> None:
    """Let `st.from_type(Invite)` generate invites."""
    st.register_type_strategy(Invite, _invites)


def _invites(_type: type[Invite]) -> st.SearchStrategy[Invite]:
    # Imported when it is needed: importing it may be what imports Hypothesis.
    strategies = import_module("passphrase.testing.strategies")
    return cast("st.SearchStrategy[Invite]", strategies.invites())
