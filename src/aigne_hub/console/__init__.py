"""The console: the web pages of the hub, built from web/ and served from memory.

Owns: the built files, their caching and the security headers of every page.
Does not own: any rule. The pages are a client of the same API as everyone else.
Invariants: only files that were there at the start are served; no page may load anything from another host
or run a script that is not a file of the build.
"""
