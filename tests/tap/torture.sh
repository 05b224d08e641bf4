#!/usr/bin/env bash
# A small sample of `make torture`.
exec tests/torture/run.sh 400 2000 300
