import { createHash, timingSafeEqual } from 'node:crypto';
import type { Metadata } from '@grpc/grpc-js';
import { accessDenied, notLeader, notReady, unauthenticated } from './rpc-errors.js';

export interface GateOptions {
  readonly writable: boolean;
  readonly credentials?: { readonly user: string; readonly password: string };
  readonly notLeader?: () => { readonly host: string; readonly port: number } | undefined;
  readonly isReady?: () => boolean;
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Who may do what, and whether this node may do it now. */
export class Gate {
  private readonly wanted: Buffer | undefined;

  constructor(private readonly options: GateOptions) {
    const { credentials } = options;
    this.wanted = credentials && digest(`${credentials.user}:${credentials.password}`);
  }

  get isReady(): boolean {
    return this.options.isReady?.() ?? true;
  }

  /**
   * True for whoever may read. Like EventStoreDB: no credentials make a caller anonymous, to whom a front that asks for some shows
   * nothing; wrong ones are refused.
   * @throws RpcError UNAUTHENTICATED
   */
  isKnown(headers: Metadata): boolean {
    if (!this.wanted) return true;
    const [header] = headers.get('authorization');
    if (header === undefined) return false;
    const encoded = /^basic +(\S+)$/i.exec(header.toString())?.[1];
    if (encoded === undefined || !timingSafeEqual(digest(Buffer.from(encoded, 'base64').toString('utf8')), this.wanted)) throw unauthenticated();
    return true;
  }

  mayWrite(headers: Metadata): boolean {
    return this.isKnown(headers) && this.options.writable;
  }

  /** @throws RpcError when the caller insists on the leader and this node is none */
  checkLeader(headers: Metadata): void {
    const [wants] = headers.get('requires-leader');
    const leader = wants?.toString().toLowerCase() === 'true' ? this.options.notLeader?.() : undefined;
    if (leader) throw notLeader(leader);
  }

  /** @throws RpcError when the caller may not read, or not here, or not now */
  admitReader(headers: Metadata): void {
    if (!this.isKnown(headers)) throw accessDenied();
    this.checkNode(headers);
  }

  /** @throws RpcError when the caller may not write, or not here, or not now */
  admitWriter(headers: Metadata): void {
    if (!this.mayWrite(headers)) throw accessDenied();
    this.checkNode(headers);
  }

  private checkNode(headers: Metadata): void {
    if (!this.isReady) throw notReady();
    this.checkLeader(headers);
  }
}
