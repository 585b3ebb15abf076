"""The database: every table on one page, the engine, the group-commit writer and the migrations.

Owns: connections, transactions, the shape of the tables. SQLite (inside) and PostgreSQL, alike.
Does not own: what a row means; that is the business of the room whose `store.py` reads it.
Invariants: a transaction never spans a wait on the network; an operation that the writer has
acknowledged is committed.
"""
