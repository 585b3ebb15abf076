"""AIGNE Hub: a self-hosted AI gateway. ARCHITECTURE.md is the map of this package."""

__version__ = "0.1.0"
