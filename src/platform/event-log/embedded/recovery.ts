import type { Ids } from '../../../kernel/ids.js';
import { LogUnavailable } from '../event-log.js';
import { LogDamaged, damage } from './errors.js';
import { TEMPORARY_SUFFIX, type Files, type LogFile } from './files.js';
import { FRAME_BYTES_MAX, FRAME_MAGIC, frameHeaderAt, frameLengthAt, type FrameHeader } from './frame.js';
import { IndexSection, readSnapshot } from './index-snapshot.js';
import { SegmentFiles } from './segment-files.js';
import { SEGMENT_HEADER_BYTES, baseOfSegmentName, decodeSegmentHeader, indexName, segmentName } from './segment-header.js';
import { StreamIndex } from './stream-index.js';

export interface Progress {
  readonly phase: string;
  readonly done: number;
  readonly total: number;
}
export interface RecoveryOptions {
  readonly directory: string;
  readonly mode: 'write' | 'read';
  readonly files: Files;
  readonly ids: Ids;
  /** Reads every event instead of trusting the index snapshots. */
  readonly verify?: boolean;
  readonly onProgress?: (progress: Progress) => void;
}
export interface Recovered {
  readonly segments: SegmentFiles;
  readonly index: StreamIndex;
  /** The newest segment's part of the index. */
  readonly section: IndexSection;
  /** Where the log ends: the position of the next frame. */
  readonly tail: number;
}

/** A reader beside a live writer may catch it in the middle of a write; the next look sees the whole frame. */
const READER_LOOKS = 5;

/**
 * Finds out what the log holds. A torn tail, which no acknowledgement ever covered, is cut (design.md §4); anything else
 * that is not as it was written throws LogDamaged. In read mode nothing is changed, and the log ends at the last valid frame.
 */
export const recover = async (options: RecoveryOptions): Promise<Recovered> => {
  const { directory, files, mode } = options;
  if (mode === 'write') await files.makeDirectory(directory);
  const bases = await listSegments(options);
  const segments = await openSegments(options, bases);
  const index = new StreamIndex();
  let section = new IndexSection(0, index);
  let tail = 0;
  for (const base of bases.length === 0 ? [0] : bases) {
    section = new IndexSection(base, index);
    tail = await recoverSegment({ ...options, segments, index, section });
  }
  if (mode === 'write') await files.syncDirectory(directory);
  return { segments, index, section, tail };
};

const listSegments = async ({ directory, files, mode }: RecoveryOptions): Promise<number[]> => {
  const names = await files.list(directory);
  if (mode === 'write') {
    for (const name of names) if (name.endsWith(TEMPORARY_SUFFIX)) await files.remove(`${directory}/${name}`);
  }
  const bases = names.map(baseOfSegmentName).filter((base) => base !== undefined).sort((a, b) => a - b);
  const first = bases[0];
  if (first === undefined && names.includes(indexName(0))) throw new LogDamaged(`${directory}/${segmentName(0)}`, 0, damage.header);
  if (first === undefined && mode === 'read') throw new LogUnavailable(`there is no event log in ${directory}`);
  if (first !== undefined && first !== 0) throw new LogDamaged(`${directory}/${segmentName(0)}`, 0, damage.gap(first, 0));
  return bases;
};

const openSegments = async ({ directory, files, ids }: RecoveryOptions, bases: readonly number[]): Promise<SegmentFiles> => {
  if (bases.length === 0) {
    const created = new SegmentFiles(files, directory, ids.uuid());
    await created.create(0);
    created.add(0);
    return created;
  }
  let segments: SegmentFiles | undefined;
  for (const base of bases) {
    const path = `${directory}/${segmentName(base)}`;
    const header = decodeSegmentHeader(await readStart(files, path));
    if (header?.base !== base) throw new LogDamaged(path, 0, damage.header);
    segments ??= new SegmentFiles(files, directory, header.storeId);
    if (header.storeId !== segments.storeId) throw new LogDamaged(path, 12, damage.foreign(header.storeId, segments.storeId));
    segments.add(base);
  }
  return segments!;
};

const readStart = async (files: Files, path: string): Promise<Buffer> => {
  const file = await files.open(path, 'read');
  try {
    const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES);
    return bytes.subarray(0, await file.read(bytes, 0));
  } finally {
    await file.close();
  }
};

interface SegmentRecovery extends RecoveryOptions {
  readonly segments: SegmentFiles;
  readonly index: StreamIndex;
  readonly section: IndexSection;
}

/** Fills the index with one segment. Answers where it ends. */
const recoverSegment = async (options: SegmentRecovery): Promise<number> => {
  const { segments, section, files, mode } = options;
  const { base, end } = segments.segmentOf(section.base);
  const isLast = end === Infinity;
  const file = await files.open(segments.path(base), mode === 'write' && isLast ? 'write' : 'read');
  try {
    const indexed = options.verify ? undefined : await restored(options);
    checkSize(options, await file.size(), indexed); // after the snapshot was read: beside a live writer it is newer than that
    const from = indexed ?? base + SEGMENT_HEADER_BYTES;
    if (isLast) return await recoverTail(options, file, from);
    const stop = await scan(options, file, { from, to: end });
    if (stop !== end) throw new LogDamaged(segments.path(base), stop - base, damage.frame);
    return end;
  } finally {
    await file.close();
  }
};

/** The next segment and the snapshot both vouch for what is before them: it was durable. */
const checkSize = ({ segments, section }: SegmentRecovery, size: number, indexed: number | undefined): void => {
  const { base, end } = segments.segmentOf(section.base);
  if (end !== Infinity && base + size < end) throw new LogDamaged(segments.path(base), size, damage.gap(end, base + size));
  if (indexed !== undefined && indexed > base + size) throw new LogDamaged(segments.path(base), size, damage.short(size, indexed - base));
};

const restored = async ({ files, directory, segments, section }: SegmentRecovery): Promise<number | undefined> => {
  const bytes = await readSnapshot(files, directory, section.base);
  return bytes && section.restore(bytes, segments.storeId);
};

const recoverTail = async (options: SegmentRecovery, file: LogFile, from: number): Promise<number> => {
  const { segments, section, mode } = options;
  const looks = mode === 'read' ? READER_LOOKS : 1;
  let stop = from;
  for (let look = 1; look <= looks; look++) {
    const to = section.base + (await file.size());
    stop = await scan(options, file, { from: stop, to });
    const beyond = await lookBeyond(file, { base: section.base, from: stop, to, seed: segments.seed });
    if (beyond === 'torn' && mode === 'write') file.truncate(stop - section.base);
    if (beyond !== 'durable') {
      if (mode === 'write') await file.sync(); // also what a killed process had written but not synced: it is visible from now on
      return stop;
    }
  }
  throw new LogDamaged(segments.path(section.base), stop - section.base, damage.frame);
};

interface Range {
  readonly from: number;
  readonly to: number;
}

/** Adds the valid frames of a range to the index; answers where they end. */
const scan = async (options: SegmentRecovery, file: LogFile, { from, to }: Range): Promise<number> => {
  const { segments, section, onProgress } = options;
  let at = from;
  while (at < to) {
    const bytes = Buffer.allocUnsafeSlow(Math.min(FRAME_BYTES_MAX, to - at));
    const count = await file.read(bytes, at - section.base);
    const used = scanWindow(options, bytes.subarray(0, count), at);
    at += used.bytes;
    onProgress?.({ phase: `reading ${segmentName(section.base)}`, done: at - section.base, total: to - section.base });
    if (used.ended || used.bytes === 0) break; // a window holds the longest frame: what does not end in it is cut short
  }
  return Math.min(at, segments.segmentOf(section.base).end);
};

const scanWindow = (options: SegmentRecovery, bytes: Buffer, start: number): { bytes: number; ended: boolean } => {
  const { segments, section, index } = options;
  let at = 0;
  for (;;) {
    const length = frameLengthAt(bytes, at, segments.seed);
    if (length === undefined) return { bytes: at, ended: false };
    const header = length === 0 ? undefined : frameHeaderAt(bytes, at);
    if (header?.position !== start + at) return { bytes: at, ended: true };
    if (!continues(index, header)) throw new LogDamaged(segments.path(section.base), start + at - section.base, damage.order);
    section.add(header);
    at += header.length;
  }
};

const continues = (index: StreamIndex, { stream, revision, events }: FrameHeader): boolean =>
  events > 0 && revision === index.head(stream) + 1;

interface Beyond extends Range {
  readonly base: number;
  readonly seed: number;
}

/**
 * What lies behind the last valid frame. `durable`: a later frame says that this place was durable before, so it was
 * damaged afterwards. `torn`: remains of writes that were never acknowledged. `clean`: only zeros.
 */
const lookBeyond = async (file: LogFile, { base, from, to, seed }: Beyond): Promise<'durable' | 'torn' | 'clean'> => {
  let isClean = true;
  const zeros = Buffer.alloc(Math.min(2 * FRAME_BYTES_MAX, Math.max(0, to - from)));
  for (let at = from; at < to; at += FRAME_BYTES_MAX) {
    const window = Buffer.allocUnsafeSlow(Math.min(2 * FRAME_BYTES_MAX, to - at)); // overlaps: every frame is whole in one
    const bytes = window.subarray(0, await file.read(window, at - base));
    if (isClean && bytes.equals(zeros.subarray(0, bytes.length))) continue;
    isClean = false;
    for (let k = bytes.indexOf(MAGIC_BYTES); k >= 0; k = bytes.indexOf(MAGIC_BYTES, k + 1)) {
      if (frameLengthAt(bytes, k, seed) && frameHeaderAt(bytes, k).position === at + k && frameHeaderAt(bytes, k).durable > from) return 'durable';
    }
  }
  return isClean ? 'clean' : 'torn';
};

const MAGIC_BYTES = Buffer.alloc(4);
MAGIC_BYTES.writeUInt32LE(FRAME_MAGIC);
