"""A passphrase -> the message that carries it, and what could break that message."""
