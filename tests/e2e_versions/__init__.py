"""The real programs at another version than the pinned one: what users may have."""
