"""What a change does to the mesh: two trees become findings, in the words of the mesh."""
