import shared from '@eventstore/db-client/generated/shared_pb.js';
import type { UUID } from '@eventstore/db-client/generated/shared_pb.js';
import { formatUuid, parseUuid } from '../../../kernel/ids.js';

/** A UUID in lower case from either of its forms on the wire; undefined when it is none. */
export const uuidOf = (uuid: UUID | undefined): string | undefined => {
  const structured = uuid?.getStructured();
  if (!structured) return parseUuid(uuid?.getString() ?? '');
  const bytes = Buffer.alloc(16);
  bytes.writeBigInt64BE(BigInt.asIntN(64, BigInt(structured.getMostSignificantBits())), 0);
  bytes.writeBigInt64BE(BigInt.asIntN(64, BigInt(structured.getLeastSignificantBits())), 8);
  return formatUuid(bytes);
};

export const stringUuid = (id: string): UUID => new shared.UUID().setString(id);

export const structuredUuid = (id: string): UUID => {
  const bytes = Buffer.from(id.replaceAll('-', ''), 'hex');
  const structured = new shared.UUID.Structured()
    .setMostSignificantBits(bytes.readBigInt64BE(0).toString())
    .setLeastSignificantBits(bytes.readBigInt64BE(8).toString());
  return new shared.UUID().setStructured(structured);
};
