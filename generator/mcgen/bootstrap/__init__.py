"""The bootstrap: remote secrets from istioctl into sealed secrets, and what is found on live clusters into facts.

Nothing here holds a token: it goes from one program to the next through a pipe of the operating system.
"""
