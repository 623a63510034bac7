"""Any pasted text -> the codewords in it, and what damaged ones may have been. No keys."""
