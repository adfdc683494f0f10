# Private PostgreSQL servers for tests and gates: source this file.
#
#   pg_start [fast]   a new cluster in a folder of its own under ${TMPDIR:-/tmp}, on a Unix socket
#                     only; exports PGHOST, PGUSER (postgres, a superuser), PGDATABASE and PG_DIR.
#                     "fast" gives up durability, for tests that do not need it.
#   pg_stop           stops it and removes the folder; safe to call twice (put it in a trap)
#   pg_restart        stops it at once and starts it again
#   pg_migrate [db]   applies sql/ to the database (default: the current one)
#
# Run as root, the server runs as the user postgres, since PostgreSQL refuses root.

PG_BIN=${PG_BIN:-$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)}
PG_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

pg_as_server() {
    if [ "$(id -u)" = 0 ]; then
        (cd / && runuser -u postgres -- "$@")
    else
        "$@"
    fi
}

pg_up() {
    pg_as_server "$PG_BIN/pg_ctl" -D "$PG_DIR/data" -l "$PG_DIR/log" -w -t 60 start >/dev/null ||
        { cat "$PG_DIR/log" >&2; return 1; }
}

pg_start() {
    PG_DIR=$(mktemp -d "${TMPDIR:-/tmp}/mbpg.XXXXXX")
    if [ "$(id -u)" = 0 ]; then chown postgres "$PG_DIR"; fi
    pg_as_server "$PG_BIN/initdb" -D "$PG_DIR/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 \
        --no-sync >/dev/null || return 1
    {
        echo "listen_addresses = ''"
        echo "unix_socket_directories = '$PG_DIR'"
        echo "unix_socket_permissions = 0777"
        echo "max_connections = 100"
        if [ "${1:-}" = fast ]; then
            printf 'fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n'
        fi
        echo "${PG_CONF:-}"
    } | pg_as_server tee -a "$PG_DIR/data/postgresql.conf" >/dev/null
    chmod 755 "$PG_DIR"
    pg_up || return 1
    export PG_DIR PGHOST="$PG_DIR" PGUSER=postgres PGDATABASE=postgres
    unset PGPORT PGPASSWORD PGSERVICE
}

pg_stop() {
    [ -n "${PG_DIR:-}" ] && [ -d "$PG_DIR/data" ] || return 0
    pg_as_server "$PG_BIN/pg_ctl" -D "$PG_DIR/data" -m immediate -w stop >/dev/null 2>&1 || true
    rm -rf "$PG_DIR"
    PG_DIR=
}

pg_restart() {
    pg_as_server "$PG_BIN/pg_ctl" -D "$PG_DIR/data" -m immediate -w stop >/dev/null
    pg_up
}

# The same order as core/app/migrate.c: migrations, then functions, then their owners and rights.
pg_migrate() {
    local db=${1:-$PGDATABASE} file
    {
        echo 'begin;'
        for file in "$PG_ROOT"/sql/migrations/*.sql; do cat "$file"; echo; done
        echo 'set local check_function_bodies = off;'
        for file in "$PG_ROOT"/sql/functions/*/*.sql; do
            if [ -f "$file" ]; then cat "$file"; echo; fi
        done
        echo 'select mb.secure_functions(); select engine.ensure_partitions(); commit;'
    } | psql -X -q -v ON_ERROR_STOP=1 -d "$db" -o /dev/null
}

# The schema of a migrated database as sql/schema.sql has it: without what depends on the day (months)
# or on the program that dumps (versions, settings of its session).
pg_schema() {
    "$PG_BIN/pg_dump" --schema-only -d "${1:-$PGDATABASE}" \
        --exclude-table='mb.*_y[0-9][0-9][0-9][0-9]m[0-9][0-9]' --exclude-schema=mb_meta |
        sed -e '/^-- Dumped/d' -e '/^\\restrict/d' -e '/^\\unrestrict/d' -e '/^SET /d' \
            -e '/^SELECT pg_catalog.set_config/d' -e '/^--$/d' -e 's/; Tablespace: -//' | cat -s
}
