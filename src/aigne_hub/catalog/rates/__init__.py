"""Rates: what a unit of each model costs callers, and whether calls are priced at all.

Owns: the rows of rates, their changes, and the switch that has calls priced by them.
Does not own: what one call costs (billing), or whether somebody can pay for it.
Invariants: a rate is a whole number of nano-credits per million units, never rounded on its way in; there is one for
each provider, model and kind; every change is in the journal and reaches the snapshot of every worker.
"""
