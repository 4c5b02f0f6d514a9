"""Heard as a service: REST, a live WebSocket and a web page. Needs the packages of the group server."""
