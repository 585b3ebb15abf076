"""Model statuses: whether each provider's model is available, as the calls of all workers find it, and why it is not.

Owns: the rows of models that are not available, and what becomes of them in memory.
Does not own: who is kept away from (relay's health, a worker's own), writing down what calls find (a flow).
Invariants: only what is not available has a row; what is told of it has no word of a provider or of a caller; a change
reaches the memory of every worker.
"""
