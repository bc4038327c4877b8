"""The system refuses or kills a whole `mcgen build` at one of its calls: strace injects it, at every call in turn."""
