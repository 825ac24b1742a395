import gossip from '@eventstore/db-client/generated/gossip_pb.js';
import type { ClusterInfo } from '@eventstore/db-client/generated/gossip_pb.js';
import { stringUuid } from './uuids.js';

/** 100 ns since 1970, as EventStoreDB counts. */
const TICKS_PER_MS = 10_000;

export interface Node {
  readonly instanceId: string;
  readonly host: string;
  readonly port: number;
  readonly nowMs: number;
}

/** A cluster of one, which leads it. */
export const clusterOf = ({ instanceId, host, port, nowMs }: Node): ClusterInfo => (
  new gossip.ClusterInfo().setMembersList([
    new gossip.MemberInfo()
      .setInstanceId(stringUuid(instanceId))
      .setTimeStamp(String(Math.round(nowMs * TICKS_PER_MS)))
      .setState(gossip.MemberInfo.VNodeState.LEADER)
      .setIsAlive(true)
      .setHttpEndPoint(new gossip.EndPoint().setAddress(host).setPort(port)),
  ])
);
