"""Real Kubernetes clusters on one machine, without a container engine: `python -m tests.lab` (see README.md)."""
