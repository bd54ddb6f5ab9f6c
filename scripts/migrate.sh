#!/bin/sh
# Written by 'migdocs init'. Migrates step by step, and asks at each one.
set -eu
cd "$(dirname "$0")/.."
exec migdocs migrate "$@"
