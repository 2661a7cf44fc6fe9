#!/usr/bin/env bash
# Make a fresh machine ready: what builds need from the system, and a virtual environment in .venv.
# What is missing is installed where apt is there and may be asked (as root); elsewhere it is named, and nothing is done.
set -euo pipefail
cd "$(dirname "$0")/.."

# command or file that must be there -> Debian's package of it
needs=(
  gcc:gcc g++:g++ make:make m4:m4 bison:bison patch:patch bzip2:bzip2 xz:xz-utils file:file pkg-config:pkg-config
  help2man:help2man makeinfo:texinfo perl:perl readelf:binutils
  /usr/include/zlib.h:zlib1g-dev /usr/include/ncurses.h:libncurses-dev /usr/include/openssl/ssl.h:libssl-dev
)

# What only tests need is installed where that can be done, and asked of nobody: without it they are skipped.
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  needs+=(tmux:tmux bwrap:bubblewrap debootstrap:debootstrap)
fi

there() {
  case $1 in
    /*) [ -e "$1" ] ;;
    *) command -v "$1" >/dev/null ;;
  esac
}

missing=()
for need in "${needs[@]}"; do
  there "${need%%:*}" || missing+=("${need##*:}")
done
has_lmod() {
  local place
  for place in "${LMOD_CMD:-}" /usr/share/{l,L}mod/{,lmod/,8*/}libexec/lmod /usr/local/lmod/lmod/libexec/lmod; do
    [ -x "$place" ] && return
  done
  return 1
}
has_lmod || missing+=(lmod)
python=${PYTHON:-python3}
if ! command -v "$python" >/dev/null; then
  missing+=(python3 python3-venv)
elif [ ! -x .venv/bin/python ] && ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
  missing+=(python3-venv)
fi

if [ ${#missing[@]} -gt 0 ]; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "installing ${missing[*]}"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  else
    echo "this machine lacks what builds need; please install it, on Debian and Ubuntu with:" >&2
    echo "  sudo apt-get install ${missing[*]}" >&2
    echo "elsewhere, the packages that give: gcc, g++, make, m4, bison, patch, the headers of zlib, ncurses and" >&2
    echo "OpenSSL, help2man, texinfo, and Lmod (https://lmod.readthedocs.io/en/latest/030_installing.html)" >&2
    exit 2
  fi
fi

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
  echo "$("$python" --version) is too old: eessi-stack needs Python 3.11 or newer; name one with PYTHON=..." >&2
  exit 2
}
if [ ! .venv/set-up -nt pyproject.toml ]; then
  echo "making the virtual environment .venv"
  [ -x .venv/bin/python ] || "$python" -m venv .venv
  .venv/bin/python -m pip install --quiet --disable-pip-version-check wheel # for EasyBuild, which is a source package
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
  touch .venv/set-up
fi
