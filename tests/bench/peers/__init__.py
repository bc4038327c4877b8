"""Other generators that write the folders of all clusters of a fleet; see README.md."""
