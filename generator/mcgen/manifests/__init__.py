"""Builders of Kubernetes objects: plain data in, plain data out."""
