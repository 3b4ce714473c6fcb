#!/bin/sh
# Install what the lock pins into a virtual environment, for infra/Dockerfile.
#
#   infra/pinned.sh VENV SOURCE... [--extra NAME]...    the packages that the sources ask for
#   infra/pinned.sh VENV WHEEL                          Tapedeck itself, its packages are there
#
# uv chooses the subset of the lock that the sources need here; every file that it fetches must have
# a hash of the lock. Bytecode is compiled so that it is never compared with its source again.
set -eu
lock="$(dirname "$0")/requirements.lock"
venv="$1"
shift
python="$venv/bin/python"
test -x "$python" || uv venv --quiet --python "${PYTHON:-python3}" "$venv"
case "$1" in
*.whl)
    uv pip install --quiet --python "$python" --no-deps "$1"
    ;;
*)
    pins="$(mktemp)"
    trap 'rm -f "$pins"' EXIT
    uv pip compile --quiet --no-annotate --no-header --python "$python" --constraint "$lock" \
        --output-file "$pins" "$@"
    uv pip install --quiet --python "$python" --no-deps --require-hashes --constraint "$lock" \
        --requirement "$pins"
    ;;
esac
"$python" -m compileall -q -j 0 --invalidation-mode unchecked-hash "$venv/lib"
