#!/usr/bin/env bash
# Run once by the service `certificates`: a certificate authority for the event store alone, a certificate for each of its
# nodes, and nothing left that could sign another. To make new ones, remove both volumes and start again.
set -euo pipefail

NODES=${NODES:-/certificates}         # for the event store's nodes: keys and certificates
AUTHORITY=${AUTHORITY:-/authority}    # for its clients: whom to trust, which is no secret
OWNER=${OWNER:-1000:1000}             # the account in the event store's image, and `node` in ours
DAYS=3650                             # nobody renews by hand what only containers of one machine see

if [ -e "$NODES/complete" ]; then
  echo 'The certificates are there already.'
  exit 0
fi
rm -rf "$NODES"/ca "$NODES"/eventstore-*  # of a run that was cut short

es-gencert-cli create-ca -days "$DAYS" -out "$NODES/ca"
for node in eventstore-1 eventstore-2 eventstore-3; do
  # `eventstore` is the name that clients use for any of them; with profile `single` it is the only node.
  es-gencert-cli create-node -days "$DAYS" -ca-certificate "$NODES/ca/ca.crt" -ca-key "$NODES/ca/ca.key" \
    -dns-names "$node,eventstore,localhost" -out "$NODES/$node"
done
rm -f "$NODES/ca/ca.key"
cp "$NODES/ca/ca.crt" "$AUTHORITY/ca.crt"
chmod 0444 "$AUTHORITY/ca.crt"
chown -R "$OWNER" "$NODES" "$AUTHORITY"
touch "$NODES/complete"
