import features from '@eventstore/db-client/generated/serverfeatures_pb.js';
import type { SupportedMethods } from '@eventstore/db-client/generated/serverfeatures_pb.js';

/** The protocol is 23.10's; the server is ours. */
const VERSION = '23.10.0-horde-ledger';
/** What is served, and nothing else: a client falls back, or says that it needs more, by this list. */
const METHODS: readonly (readonly [service: string, method: string, ...features: string[]])[] = [
  ['event_store.client.streams.streams', 'read'],
  ['event_store.client.streams.streams', 'append'],
  ['event_store.client.streams.streams', 'batchappend'],
  ['event_store.client.server_features.serverfeatures', 'getsupportedmethods'],
  ['event_store.client.gossip.gossip', 'read'],
];

export const supportedMethods = (): SupportedMethods => (
  new features.SupportedMethods().setEventStoreServerVersion(VERSION).setMethodsList(METHODS.map(([service, method, ...names]) => (
    new features.SupportedMethod().setServiceName(service).setMethodName(method).setFeaturesList(names)
  )))
);
