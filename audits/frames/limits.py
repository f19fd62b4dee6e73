"""What one file may cost, whatever it says about itself."""

from dataclasses import dataclass

_MIB = 1024**2
_GIB = 1024**3


@dataclass(frozen=True, slots=True)
class Limits:
    """Upper bounds that are checked while reading, on what really appears and not on what is declared."""

    max_stored_bytes: int = 64 * _GIB
    max_unpacked_bytes: int = 64 * _GIB
    max_ratio: int = 500
    """Unpacked bytes per stored byte, looked at once ``ratio_from_bytes`` came out."""
    ratio_from_bytes: int = 64 * _MIB
    parquet_ratio_from_bytes: int = 4 * _GIB
    """The same for Parquet, where constant columns honestly shrink to nearly nothing."""
    max_rows: int = 2_000_000_000
    max_values: int = 20_000_000_000
    """Rows times columns of the whole file, mapped or not."""
    max_columns: int = 20_000
    max_field_bytes: int = _MIB
    max_name_length: int = 1_000
    """Characters of one column name."""
    max_groups: int = 1_000
    """Distinct values of one sensitive column."""
    max_cells: int = 200_000
    """Distinct combinations of sensitive values, label and prediction as they are written."""
    max_tokens: int = 200
    """Distinct values of a label or prediction column that names classes."""
    max_invalid_share: float = 0.05
    """Labels or predictions that are neither of the two values, as a share of the rows."""
    max_out_of_range_share: float = 0.2
    """Numeric scores outside 0 to 1, as a share of the rows: above it the column is no probability."""
    max_footer_bytes: int = 64 * _MIB
    max_page_bytes: int = 256 * _MIB
    """One page of a Parquet file, unpacked."""
    memory_bytes: int = 700 * _MIB
    """For the embedded database; the interpreter and its libraries come on top."""
    spill_bytes: int = 64 * _GIB
    threads: int = 2


STANDARD = Limits()
