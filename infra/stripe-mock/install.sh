#!/usr/bin/env bash
# stripe-mock, which refuses every request that Stripe's API does not have, and the OpenAPI document that it goes by. Needs Go 1.22
# or newer; both come through Go's module proxy, once, into infra/stripe-mock/lib.
#
#     infra/stripe-mock/install.sh
#     infra/stripe-mock/lib/stripe-mock -http-addr 127.0.0.1:12111 -https-addr 127.0.0.1:12112   # else it listens everywhere
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
module=github.com/stripe/stripe-mock@v0.203.0

give_up() {
  echo "stripe-mock: $1" >&2
  exit 1
}

lib="$here/lib"
[ -d "$lib" ] && exit 0
command -v go >/dev/null || give_up "there is no go; Go 1.22 or newer is needed once (Debian: apt-get install golang)"

# Made in a folder of its own and renamed, so that no process ever sees half of it.
made="$(mktemp -d "$here/lib.XXXXXX")"
trap 'rm -rf "$made"' EXIT
GOBIN="$made" go install "$module" >&2 || give_up "Go could not install $module"
cp "$(go env GOMODCACHE)/$module/embedded/openapi/spec3.json" "$made/openapi.json"
chmod -R u+w,a+rX "$made"
# Another process may have been faster.
if [ -d "$lib" ]; then exit 0; fi
mv "$made" "$lib"
trap - EXIT
