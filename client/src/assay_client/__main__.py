"""`python -m assay_client` is the same as `assay`."""

from assay_client.cli import run

if __name__ == "__main__":
    run()
