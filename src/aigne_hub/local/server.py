"""The child process lives here: llama.cpp's server, for as long as the hub holds the other end of standard input.

Started as `python -m aigne_hub.local.server`. The first line of standard input is a Job in JSON; once the
server answers, one line {"address": "http://127.0.0.1:PORT"} goes out. End of input ends the process.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
from dataclasses import dataclass, field
from typing import Any, TextIO

import xllamacpp

# Measured with SmolLM2-135M: 330 MB resident, a third of it the model file in the page cache. Tokens of
# an embedding's input must fit one batch, and a batch that is embedded keeps its logits, 0.2 MB a token:
# 512 costs 150 MB at most and only where embeddings are used, 2048 would cost 600 MB.
SLOTS = 4
CONTEXT_TOKENS_PER_SLOT = 2048
EMBEDDING_TOKENS = 512
MOST_THREADS = 4
LOG_ERRORS_ONLY = 1
PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Job:
    """What to serve: `model` is the path of a GGUF file, `alias` the name it answers to, `port` 0 for a free one."""

    model: str
    alias: str
    api_key: str = field(repr=False)
    port: int = 0


def main() -> None:
    _die_with_parent()
    answer = _take_standard_output()
    server = _start(Job(**json.loads(sys.stdin.readline())))
    print(json.dumps({"address": server.listening_address}), file=answer, flush=True)
    sys.stdin.read()
    # The server's own shutdown waits for running answers, which nobody reads any more.
    os._exit(0)


def _die_with_parent() -> None:
    # End of input does not reach Python while native code holds the interpreter; this reaches the process.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _take_standard_output() -> TextIO:
    """Keep standard output for the address; whatever native code prints goes to standard error."""
    kept = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    return kept


def _start(job: Job) -> Any:
    """llama.cpp's server, answering on a port of the loopback address when this returns."""
    params = xllamacpp.CommonParams()
    params.model.path = job.model
    params.model_alias = {job.alias}
    params.api_keys = [job.api_key]
    params.hostnames = ["127.0.0.1"]
    params.port = job.port
    params.ui = False
    params.endpoint_slots = False
    params.verbosity = LOG_ERRORS_ONLY
    params.n_parallel = SLOTS
    params.n_ctx = SLOTS * CONTEXT_TOKENS_PER_SLOT
    params.n_batch = params.n_ubatch = EMBEDDING_TOKENS
    params.cache_ram_mib = 0
    params.fit_params = False
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = _threads()
    # One server does both: pooling concerns embeddings only, chat answers the same with and without it.
    params.embedding = True
    params.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
    return xllamacpp.Server(params)


def _threads() -> int:
    """One core is left to the hub.

    llama.cpp's threads wait for each other at every step without giving their cores away, so that one too many makes a
    token take a hundred times as long.
    """
    return max(1, min(MOST_THREADS, len(os.sched_getaffinity(0)) - 1))


if __name__ == "__main__":
    main()
