"""The edge: the fast door. Inference paths as a bare ASGI callable; everything else goes on to the control plane.

Owns: matching paths, reading bodies within limits, finding the caller's key, writing answers and errors.
Does not own: anything that decides; it parses, calls one function below, and renders.
Invariants: no framework and no database round trip on the way to a provider; every answer has a request id.
"""
