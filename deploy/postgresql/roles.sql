-- Makes the two roles of Assay in PostgreSQL, and makes one of them the owner of everything in the database.
--
--   DATABASE_OWNER_PASSWORD=… DATABASE_PASSWORD=… psql "postgresql://postgres@HOST/assay" -f deploy/postgresql/roles.sql
--
-- Run it as an administrator, connected to Assay's database (CREATE DATABASE assay; comes first). It may be run again: it
-- changes nothing that is right, and passwords to those given. What an earlier set-up with one role has left behind
-- changes its owner. `manage.py migrate` then grants assay_app what it needs.

\set ON_ERROR_STOP on
\getenv owner_password DATABASE_OWNER_PASSWORD
\getenv app_password DATABASE_PASSWORD
\set database :DBNAME

SELECT format('CREATE ROLE %I', name) FROM unnest(ARRAY['assay_owner', 'assay_app']) AS name
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)
\gexec

ALTER ROLE assay_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'owner_password';
ALTER ROLE assay_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'app_password';

ALTER DATABASE :"database" OWNER TO assay_owner;
ALTER SCHEMA public OWNER TO assay_owner;
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"database" TO assay_app;
REVOKE ALL ON SCHEMA public FROM PUBLIC, assay_app;
GRANT USAGE ON SCHEMA public TO assay_app;

-- Sequences follow their tables.
SELECT format('ALTER TABLE %I.%I OWNER TO assay_owner', schemaname, tablename) FROM pg_tables
WHERE schemaname = 'public' AND tableowner <> 'assay_owner'
\gexec
SELECT format('ALTER FUNCTION %s OWNER TO assay_owner', p.oid::regprocedure) FROM pg_proc p
WHERE p.pronamespace = 'public'::regnamespace AND p.proname LIKE 'ledger\_%'
  AND pg_get_userbyid(p.proowner) <> 'assay_owner'
\gexec

-- An entry that was answered for is on disk, whatever the server's default.
ALTER ROLE assay_app SET synchronous_commit = on;
ALTER ROLE assay_owner SET synchronous_commit = on;
