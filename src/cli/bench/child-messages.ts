import type { ProjectionLag } from '../../platform/projecting/projector.js';

/** What one process of a bench asks of the other. */
export interface Answers {
  readonly lag: readonly ProjectionLag[];
  readonly usage: Usage;
  readonly head: number;
  readonly caughtUp: boolean;
}
export interface Usage {
  /** Of all threads since the start. */
  readonly cpuMs: number;
  readonly rss: number;
  readonly heapUsed: number;
  /** How late its event loop was, at worst in 99 of 100 looks; since the start. */
  readonly loopP99Ms: number;
}
export interface Asked {
  readonly type: 'ask';
  readonly id: number;
  readonly ask: keyof Answers;
}
export type ParentMessage = { readonly type: 'start'; readonly settings: Readonly<Record<string, string>> } | Asked | { readonly type: 'stop' };
export type ChildMessage =
  | { readonly type: 'ready'; readonly url: string; readonly startMs: number }
  | { readonly type: 'answer'; readonly id: number; readonly answer: unknown };
