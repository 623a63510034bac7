"""Passphrase -> the message to send, and checks that chat apps will not break it."""
