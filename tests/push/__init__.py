"""`mcgen bootstrap` with External Secrets, against stand-ins for clusters and for a provider."""
