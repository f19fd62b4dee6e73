"""Exit 0 when the web process of this container answers /livez. Standard library only, so that asking costs little."""

import http.client
import os
import sys

# The service refuses other host names and plain HTTP: ask as its proxy would.
HOST = os.environ.get("ALLOWED_HOSTS", "localhost").split(",")[0].strip().lstrip(".")
PORT = int(os.environ.get("PORT", "8000"))


def answer() -> int:
    """The status of one request."""
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=4)
    connection.request("GET", "/livez", headers={"Host": HOST, "X-Forwarded-Proto": "https"})
    return connection.getresponse().status


if __name__ == "__main__":
    try:
        status = answer()
    except OSError as error:
        sys.exit(f"No answer: {error}")
    sys.exit(0 if status == http.HTTPStatus.OK else f"/livez answered {status}")
