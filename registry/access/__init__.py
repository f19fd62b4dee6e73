"""Who may do what. The only importer of django-guardian.

`table` says which role holds which permission; `grants` writes those permissions as object permissions on an
organisation or on one system; `check` answers "may this actor?" and "which rows?". A permission on an
organisation counts for everything in it. Superusers get nothing extra: separation of duties binds them too.
"""
