"""The sandbox does the work it is for, and survives what it is against."""
