"""Tests of the hub; the folders mirror src/aigne_hub."""
