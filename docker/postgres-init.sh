#!/bin/bash
# Runs once, when the database is made: the cores' login, whose rights `moonbase migrate` then gives.
set -euo pipefail
psql --username postgres --dbname moonbase --no-psqlrc --set ON_ERROR_STOP=1 \
    --set password="$CORE_PASSWORD" <<'SQL'
create role moonbase_core login password :'password';
SQL
