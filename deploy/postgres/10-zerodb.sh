#!/bin/sh
# Runs once, on an empty volume: ZeroDB's login is no superuser, so that row-level security binds it.
set -eu
psql -v ON_ERROR_STOP=1 -v login="$ZERODB_LOGIN" -v password="$ZERODB_LOGIN_PASSWORD" -v database="$POSTGRES_DB" \
  --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
CREATE EXTENSION IF NOT EXISTS vector;
CREATE ROLE zerodb_app NOLOGIN NOSUPERUSER NOBYPASSRLS;
CREATE ROLE zerodb_sql NOLOGIN NOSUPERUSER NOBYPASSRLS;
CREATE ROLE :"login" LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB PASSWORD :'password';
GRANT zerodb_app, zerodb_sql TO :"login";
ALTER DATABASE :"database" OWNER TO :"login";
SQL
