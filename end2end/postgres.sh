#!/usr/bin/env bash
# Runs a command beside a throwaway PostgreSQL: end2end/postgres.sh COMMAND [ARGUMENT]...
# The command finds it at $KEYWARD_TEST_POSTGRES_URL; afterwards nothing of it is left. A server that
# the variable already names is used instead.
set -euo pipefail

if [[ -n ${KEYWARD_TEST_POSTGRES_URL:-} ]]; then
  exec "$@"
fi

# Debian keeps these programs off the PATH, by version.
bin=$(compgen -G '/usr/lib/postgresql/*/bin' | sort -V | tail -n 1 || true)
[[ -n $bin ]] || bin=$(dirname "$(command -v initdb || true)")
if [[ ! -x $bin/initdb ]]; then
  echo "PostgreSQL's programs (initdb, pg_ctl) are missing: install the package postgresql." >&2
  exit 1
fi

folder=$(mktemp -d)
# PostgreSQL refuses to run as root.
as=()
if [[ $(id -u) == 0 ]]; then
  as=(runuser -u postgres --)
  chown postgres "$folder"
fi
in_folder() { (cd "$folder" && "${as[@]}" "$bin/$1" "${@:2}"); }

clean_up() {
  in_folder pg_ctl stop --pgdata=data --mode=immediate --silent 2>/dev/null || true
  rm -rf "$folder"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

if ! log=$(in_folder initdb --pgdata=data --username=keyward --auth=trust --encoding=UTF8 --locale=C --no-sync 2>&1); then
  echo "$log" >&2
  exit 1
fi

# Nothing here outlives the command, so nothing needs to reach the disk.
for attempt in {1..10}; do
  # Below the ports that outgoing connections take.
  port=$((15000 + RANDOM % 15000))
  options="-h 127.0.0.1 -p $port -k $folder -c max_connections=200"
  options+=" -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
  if in_folder pg_ctl start --pgdata=data --wait --silent --log=log --options="$options" >/dev/null 2>&1; then
    break
  elif [[ $attempt == 10 ]]; then
    cat "$folder/log" >&2
    exit 1
  fi
done

export KEYWARD_TEST_POSTGRES_URL="postgres://keyward@127.0.0.1:$port/postgres"
echo "PostgreSQL for the tests: $KEYWARD_TEST_POSTGRES_URL"
"$@"
