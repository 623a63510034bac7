"""A verified invite and what the backend knows -> the popup. No database, no clock."""
