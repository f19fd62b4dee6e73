"""What runs inside the sandbox: walls first, then one worker that reads open descriptors and writes one answer."""
