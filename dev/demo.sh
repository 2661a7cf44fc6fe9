#!/usr/bin/env bash
# The main job on real software: install easystacks/demo.yml into a tree of its own, then show that nothing is missing.
set -euo pipefail
cd "$(dirname "$0")/.."
export EESSI_STACK_REPO=$PWD/.demo/tree EESSI_STACK_WORK_DIR=$PWD/.demo/work
export PATH=$PWD/.venv/bin:$PATH

run() {
  printf '\n$ %s\n' "$*"
  "$@"
}

run eessi-stack detect
run eessi-stack install demo
run eessi-stack missing demo

prefix=$(eessi-stack detect --prefix)
for init in "${LMOD_PKG:-}" /usr/share/lmod/lmod /usr/share/Lmod; do
  [ -n "$init" ] && [ -r "$init/init/bash" ] || continue
  set +u
  # shellcheck disable=SC1091
  . "$init/init/bash"
  run module use "$prefix/modules/all"
  run module load tmux/3.5a
  run tmux -V
  break
done

printf '\nTo look around:\n'
printf '  source .venv/bin/activate\n  export EESSI_STACK_REPO=%s EESSI_STACK_WORK_DIR=%s\n' \
  "$EESSI_STACK_REPO" "$EESSI_STACK_WORK_DIR"
