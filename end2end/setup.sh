#!/usr/bin/env bash
# Makes sure of what the tests need beside Rust: Node.js, Python, a Chromium, a Firefox, two fonts, PostgreSQL, three proxies,
# openssl, curl, and the packages in package.json and requirements.txt. Takes what is there, and installs what is missing if the system lets it.
set -euo pipefail
cd "$(dirname "$0")"

has_node() { command -v npm && [[ $(node --version) =~ ^v([0-9]+) ]] && ((BASH_REMATCH[1] >= 20)); }
has_postgres() { compgen -G '/usr/lib/postgresql/*/bin/initdb' || command -v initdb; }
has_chromium() {
  command -v chromium || command -v chromium-browser || command -v google-chrome ||
    compgen -G "${PLAYWRIGHT_BROWSERS_PATH:-$HOME/.cache/ms-playwright}/chromium*"
}
has_firefox() { command -v firefox-esr || command -v firefox; }

# Installs a package on Debian and its kin; elsewhere, leaves it to the caller's message.
updated=
install() {
  local as=()
  command -v apt-get >/dev/null || return 0
  if [[ $(id -u) != 0 ]]; then
    sudo -n true 2>/dev/null || return 0
    as=(sudo)
  fi
  echo "Installing $*"
  if [[ -z $updated ]]; then
    "${as[@]}" apt-get update --quiet=2
    updated=yes
  fi
  "${as[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --quiet=2 --yes --no-install-recommends "$@" || true
}

need() {
  echo "The tests need $1" >&2
  exit 1
}

has_node >/dev/null || install nodejs npm
has_node >/dev/null || need "Node.js 20 or newer, with npm: https://nodejs.org"

if [[ ! node_modules/.package-lock.json -nt package-lock.json ]]; then
  echo "Installing the packages in end2end/package.json"
  PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci
  touch node_modules/.package-lock.json
fi

# Debian has venv in a package of its own; without it, python3 is there and makes none.
has_python() { python3 -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; }
has_python || install python3 python3-venv
has_python || need "Python 3.10 or newer, with venv: https://www.python.org"

if [[ ! .venv/installed -nt requirements.txt ]]; then
  echo "Installing the packages in end2end/requirements.txt"
  python3 -m venv --clear .venv
  .venv/bin/pip install --quiet --disable-pip-version-check --requirement requirements.txt
  touch .venv/installed
fi

has_chromium >/dev/null || install chromium
has_chromium >/dev/null || npx playwright install chromium || true
has_chromium >/dev/null || need "a Chromium: install your system's package, or run: npx playwright install --with-deps chromium"

# puppeteer drives the system's Firefox; the build that Playwright would download does not do.
has_firefox >/dev/null || install firefox-esr
has_firefox >/dev/null || need "a Firefox: install your system's package, firefox-esr or firefox"

# Layouts are looked at in a wide font and in a narrow one.
has_font() { command -v fc-list && [[ -n $(fc-list "$1") ]]; }
for font in "DejaVu Sans:fonts-dejavu-core" "Liberation Sans Narrow:fonts-liberation"; do
  has_font "${font%:*}" >/dev/null || install fontconfig "${font#*:}"
  has_font "${font%:*}" >/dev/null || need "the font ${font%:*}: install your system's package ${font#*:}"
done

has_postgres >/dev/null || install postgresql
has_postgres >/dev/null || need "PostgreSQL's programs initdb and pg_ctl: install the package postgresql"

# Debian keeps two of them off a user's PATH.
has_proxy() { PATH="$PATH:/usr/sbin" command -v "$1"; }
for proxy in nginx caddy haproxy; do
  has_proxy $proxy >/dev/null || install $proxy
  has_proxy $proxy >/dev/null || need "the proxy $proxy: install your system's package $proxy"
done
for program in openssl curl; do
  command -v $program >/dev/null || install $program
  command -v $program >/dev/null || need "$program"
done
