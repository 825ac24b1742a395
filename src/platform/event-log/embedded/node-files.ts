import { closeSync, constants, fdatasync, fdatasyncSync, fstat, ftruncateSync, open, read, writeSync } from 'node:fs';
import { mkdir, open as openHandle, readdir, rename, rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import { codeOf, Files, type LogFile } from './files.js';

const openFile = promisify(open);
const syncFile = promisify(fdatasync);
const statFile = promisify(fstat);
const FLAGS = {
  read: constants.O_RDONLY,
  write: constants.O_RDWR,
  create: constants.O_RDWR | constants.O_CREAT | constants.O_EXCL,
} as const;
/** The log may hold hashes of personal things: nobody else on the machine needs to read it. */
const FILE_PERMISSIONS = 0o600;

/** The file system of this machine. */
export class NodeFiles extends Files {
  async makeDirectory(path: string): Promise<void> {
    await mkdir(path, { recursive: true });
  }

  async list(directory: string): Promise<readonly string[]> {
    try {
      return await readdir(directory);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return [];
      throw error;
    }
  }

  async open(path: string, mode: 'read' | 'write' | 'create'): Promise<LogFile> {
    return new NodeFile(await openFile(path, FLAGS[mode], FILE_PERMISSIONS));
  }

  async rename(from: string, to: string): Promise<void> {
    await rename(from, to);
  }

  async remove(path: string): Promise<void> {
    await rm(path, { force: true });
  }

  async syncDirectory(path: string): Promise<void> {
    const handle = await openHandle(path, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
}

class NodeFile implements LogFile {
  constructor(private readonly descriptor: number) {}

  write(bytes: Uint8Array, offset: number): void {
    for (let done = 0; done < bytes.length; ) {
      done += writeSync(this.descriptor, bytes, done, bytes.length - done, offset + done);
    }
  }

  async read(into: Uint8Array, offset: number): Promise<number> {
    let done = 0;
    while (done < into.length) {
      const count = await this.readSome(into, done, offset + done);
      if (count === 0) break;
      done += count;
    }
    return done;
  }

  private readSome(into: Uint8Array, start: number, offset: number): Promise<number> {
    return new Promise((resolve, reject) => {
      read(this.descriptor, into, start, into.length - start, offset, (error, count) => (error ? reject(error) : resolve(count)));
    });
  }

  async sync(): Promise<void> {
    await syncFile(this.descriptor);
  }

  syncNow(): void {
    fdatasyncSync(this.descriptor);
  }

  truncate(size: number): void {
    ftruncateSync(this.descriptor, size);
  }

  async size(): Promise<number> {
    return (await statFile(this.descriptor)).size;
  }

  close(): Promise<void> {
    closeSync(this.descriptor);
    return Promise.resolve();
  }
}
