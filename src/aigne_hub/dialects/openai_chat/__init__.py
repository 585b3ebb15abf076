"""Chat Completions: OpenAI's own shape, the hybrid of the reference's clients, and both ways through the middle.

Owns: passing calls on in place, and reading and writing requests, answers and streams.
Does not own: embeddings, or errors' words (openai_errors).
Invariant: with Chat Completions on both sides nothing is rebuilt.
"""
