#!/bin/bash
# Regenerates everything into a scratch folder and compares it with ../data, or replaces ../data (--write).
set -e
cd "$(dirname "$0")"
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
for k in modules ops optim misc random print trajectories; do
  /usr/bin/python3 "gen_$k.py" --out "$T/$k"
done
if [ "$1" = "--write" ]; then node pack.mjs "$T"; else node pack.mjs "$T" --check; fi
