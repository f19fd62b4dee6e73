"""Says whether a server that tests want answers: exit 0 and what to use, or exit 1 and why not."""

import sys

import psycopg
import redis
from psycopg import sql

WAIT_SECONDS = 3
REDIS_DATABASES = range(1, 16)


def postgresql(url: str) -> str:
    """The same address, when a database can be created there."""
    with psycopg.connect(url, connect_timeout=WAIT_SECONDS) as connection:
        row = connection.execute(
            "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
    if row is None or not row[0]:
        raise ConnectionError("its role may not create databases")
    return url


def redis_database(url: str) -> str:
    """The address of an empty database on that server, so that two runs do not take each other's tasks."""
    for number in REDIS_DATABASES:
        address = f"{url.rstrip('/')}/{number}"
        if redis.Redis.from_url(address, socket_connect_timeout=WAIT_SECONDS).dbsize() == 0:
            return address
    raise ConnectionError("its databases 1 to 15 all hold data; empty one with redis-cli -n 1 flushdb")


def flush(address: str) -> str:
    """Empties the database that `redis_database` gave."""
    redis.Redis.from_url(address, socket_connect_timeout=WAIT_SECONDS).flushdb()
    return address


def drop(address: str) -> str:
    """Drops what an interrupted run left of the test databases of this address."""
    server, _, name = address.rpartition("/")
    with psycopg.connect(f"{server}/postgres", connect_timeout=WAIT_SECONDS, autocommit=True) as connection:
        left = connection.execute(
            "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [f"test_{name}"]
        )
        for (database,) in left.fetchall():
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(database)))
    return address


PROBES = {"postgresql": postgresql, "redis": redis_database, "flush": flush, "drop": drop}

if __name__ == "__main__":
    kind, given = sys.argv[1:]
    try:
        print(PROBES[kind](given))
    except (OSError, psycopg.Error, redis.RedisError) as error:
        print(f"{kind} at {given}: {str(error).splitlines()[0]}")
        sys.exit(1)
