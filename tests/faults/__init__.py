"""The system refuses or kills a whole command at one of its calls: strace injects it, at every call in turn."""
