#!/bin/sh
# Says what it was given, and leaves a mark where it was started.
set -eu
echo "$# words, the second is ${2-none}"
touch counted
