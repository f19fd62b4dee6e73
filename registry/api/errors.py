"""One shape for every error on the wire: RFC 9457 problem details."""
