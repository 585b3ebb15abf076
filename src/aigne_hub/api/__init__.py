"""The control plane: managing the hub as JSON over FastAPI, with its OpenAPI document.

Owns: the shapes of management requests and answers (contract 2.8, 2.9), and who may use which route.
Does not own: any rule of a room; a route parses, calls one function below, renders.
Invariant: every route names the caller it needs in its signature; a secret never appears in an answer.
"""
