"""What meshes cost an Argo CD: `make scale`."""
