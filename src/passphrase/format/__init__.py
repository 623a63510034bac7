"""Format version 1: an invite as bits, signed, sealed and protected by parity. No text."""
