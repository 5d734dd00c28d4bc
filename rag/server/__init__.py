"""Servers: the HTTP API, and the network rules that it shares with the web page."""
