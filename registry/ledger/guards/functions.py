"""What the guards on PostgreSQL look at, as functions in the database.

The head is moved first, and its entries are added after it in the same transaction (registry.ledger.record). So an
entry is the next one and lies below the head; and at commit the entries up to the head are all there and give its root.
"""

from collections.abc import Iterator

from registry.ledger.guards.tables import ENTRY, HEAD, REFUSAL, TEXT, TOLERANCE_SECONDS

_HASH_OF_NODE = "sha256(decode('01', 'hex') || {} || {})"


def _refuse(detail: str) -> str:
    return f"RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'insufficient_privilege', DETAIL = '{detail}'"


_DURABLE = f"""
  IF current_setting('synchronous_commit') IN ('off', 'local') THEN
    {_refuse("synchronous_commit is off or local: an entry could be lost after it was answered for.")};
  END IF;"""

_REFUSE = f" BEGIN {_refuse('Rows of the log are neither changed nor taken away.')}; END "

_NEXT_ONLY = f"""
DECLARE
  expected bigint := (SELECT COALESCE(MAX("index") + 1, 0) FROM {ENTRY} WHERE organisation_id = NEW.organisation_id);
  grown bigint := (SELECT size FROM {HEAD} WHERE organisation_id = NEW.organisation_id);
BEGIN{_DURABLE}
  IF NEW."index" <> expected THEN
    {_refuse("An entry is not the next one.")};
  END IF;
  IF grown IS NULL OR expected >= grown THEN
    {_refuse("The head was not moved in this transaction.")};
  END IF;
  IF NEW.recorded_at > clock_timestamp()
     OR NEW.recorded_at < clock_timestamp() - interval '{TOLERANCE_SECONDS} seconds' THEN
    {_refuse("The time of an entry is not the time of the database.")};
  END IF;
  IF NEW.leaf_hash <> sha256(decode('00', 'hex') || NEW.body) THEN
    {_refuse("The hash of an entry is not the hash of its bytes.")};
  END IF;
  RETURN NEW;
END """

_HEAD_BEGINS = f"""
BEGIN
  IF NEW.size <> 0 OR NEW.frontier <> '' OR NEW.root <> sha256('') THEN
    {_refuse("A log begins empty.")};
  END IF;
  RETURN NEW;
END """

_HEAD_GROWS = f"""
BEGIN
  IF NEW.size <= OLD.size OR NEW.organisation_id <> OLD.organisation_id OR NEW.origin <> OLD.origin THEN
    {_refuse("The head of a log only grows.")};
  END IF;
  RETURN NEW;
END """

# The tree of registry.ledger.chain once more: every one-bit of the size has its perfect subtree in the frontier.
_HEAD_FITS = f"""
DECLARE
  edge bytea := OLD.frontier;
  counted bigint := OLD.size;
  height bigint;
  node bytea;
  entry record;
BEGIN{_DURABLE}
  FOR entry IN
    SELECT "index", leaf_hash FROM {ENTRY}
    WHERE organisation_id = NEW.organisation_id AND "index" >= OLD.size AND "index" < NEW.size ORDER BY "index"
  LOOP
    node := entry.leaf_hash;
    height := counted;
    WHILE height & 1 = 1 LOOP
      node := {_HASH_OF_NODE.format("substr(edge, length(edge) - 31)", "node")};
      edge := substr(edge, 1, length(edge) - 32);
      height := height >> 1;
    END LOOP;
    edge := edge || node;
    counted := counted + 1;
  END LOOP;
  node := substr(edge, length(edge) - 31);
  FOR place IN REVERSE length(edge) / 32 - 2 .. 0 LOOP
    node := {_HASH_OF_NODE.format("substr(edge, place * 32 + 1, 32)", "node")};
  END LOOP;
  IF counted <> NEW.size OR edge <> NEW.frontier OR node <> NEW.root THEN
    {_refuse("The head does not fit the entries.")};
  END IF;
  RETURN NULL;
END """

# Called by the role of the service, which itself may delete no text.
_ERASE = f"""
DECLARE
  gone bigint;
BEGIN
  DELETE FROM {TEXT} WHERE organisation_id = of_organisation AND id = ANY(texts);
  GET DIAGNOSTICS gone = ROW_COUNT;
  RETURN gone;
END """

_ERASURE_TOLD = f"""
BEGIN
  IF NOT EXISTS (
    SELECT 1 FROM (
      SELECT event, recorded_at FROM {ENTRY}
      WHERE organisation_id = OLD.organisation_id ORDER BY "index" DESC LIMIT 100
    ) AS newest
    WHERE event LIKE '%.erased' AND recorded_at >= transaction_timestamp()
  ) THEN
    {_refuse("A text is erased together with the entry that tells of it.")};
  END IF;
  RETURN NULL;
END """

_TRIGGER = "() RETURNS trigger"
# Name -> signature and body.
BODIES: dict[str, tuple[str, str]] = {
    "ledger_refuse": (_TRIGGER, _REFUSE),
    "ledger_next_only": (_TRIGGER, _NEXT_ONLY),
    "ledger_head_begins": (_TRIGGER, _HEAD_BEGINS),
    "ledger_head_grows": (_TRIGGER, _HEAD_GROWS),
    "ledger_head_fits": (_TRIGGER, _HEAD_FITS),
    "ledger_erasure_told": (_TRIGGER, _ERASURE_TOLD),
    "ledger_erase": ("(of_organisation uuid, texts uuid[]) RETURNS bigint", _ERASE),
}
# These act with the rights of the owner.
AS_OWNER = {"ledger_erase"}


def path(schema: str) -> str:
    """Where names are looked up, whatever the session says: never first among somebody's temporary tables."""
    return f"pg_catalog, {schema}, pg_temp"


def statements(schema: str) -> Iterator[str]:
    """What creates or corrects the functions."""
    for name, (signature, body) in BODIES.items():
        security = "SECURITY DEFINER" if name in AS_OWNER else "SECURITY INVOKER"
        yield (
            f"CREATE OR REPLACE FUNCTION {name}{signature} LANGUAGE plpgsql {security} "
            f"SET search_path = {path(schema)} AS $${body}$$"
        )
        yield f"REVOKE ALL ON FUNCTION {name}{signature.partition(' RETURNS')[0]} FROM PUBLIC"
