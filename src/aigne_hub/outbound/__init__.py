"""The only way out: the hub's own HTTP/1.1 client for providers.

Owns: connections to providers (resolving, checking, connecting, TLS, proxy), their pools, the framing
of requests and answers, and every limit on time and size on that road.
Does not own: what is said (dialects), whom to ask and whether to ask again (relay), credentials (catalog).

Invariants:
- a connection is made only to an address that the guard has checked, and redirects are not followed;
- a request is written twice only by the one rule in `resend.py`;
- an answer is whole or it is a failure: a cut, an overlong or an ambiguous one never reads as success;
- a connection goes back to its pool only after a whole answer and with nothing left to read or write;
- every wait has a limit, and every buffer has one.
"""

from aigne_hub.outbound.client import Client
from aigne_hub.outbound.exchange import Exchange
from aigne_hub.outbound.guard import Guard
from aigne_hub.outbound.limits import Limits
from aigne_hub.outbound.origin import Origin

__all__ = ["Client", "Exchange", "Guard", "Limits", "Origin"]
