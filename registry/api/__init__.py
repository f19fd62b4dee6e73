"""The REST API's shared parts and the endpoints of facts. Views parse, call one service, and answer."""
