"""Servers: the HTTP API and the network rules it shares with the web page."""
