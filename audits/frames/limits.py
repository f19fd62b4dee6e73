"""What one file may cost, whatever it says about itself."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Upper bounds that are checked while reading, on what really appears and not on what is declared."""

    max_stored_bytes: int = 64 * 1024**3
    max_unpacked_bytes: int = 64 * 1024**3
    max_ratio: int = 400
    """Unpacked bytes per stored byte, looked at once more than 64 MiB came out."""
    max_rows: int = 2_000_000_000
    max_values: int = 20_000_000_000
    """Rows times columns of the whole file, mapped or not."""
    max_columns: int = 20_000
    max_field_bytes: int = 1024**2
    max_header_bytes: int = 10_000
    max_groups: int = 1_000
    """Distinct values of one sensitive column."""
    max_cells: int = 200_000
    """Distinct combinations of sensitive values, label and prediction."""
    max_classes: int = 200
    max_invalid_share: float = 0.05
    """Labels or predictions that are neither of the two values, as a share of the rows."""
    memory_bytes: int = 768 * 1024**2
    threads: int = 2
