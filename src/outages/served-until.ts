import type { Database } from '../platform/postgres/database.js';

const READ = 'SELECT served_ms FROM platform.served_until WHERE store_id = $1';
const WRITE = `
INSERT INTO platform.served_until AS s (store_id, served_ms) VALUES ($1, $2)
ON CONFLICT (store_id) DO UPDATE SET served_ms = greatest(s.served_ms, excluded.served_ms)`;

/** The last moment at which any node of this horde served. Disposable: without it, one outage counts as time that was served. */
export class ServedUntil {
  constructor(private readonly database: Database, private readonly storeId: string) {}

  async read(): Promise<number | undefined> {
    const rows = await this.database.query<{ served_ms: number }>(READ, [this.storeId], 'served.read');
    return rows[0]?.served_ms;
  }

  async write(atMs: number): Promise<void> {
    await this.database.transaction((queries) => queries.execute(WRITE, [this.storeId, atMs], 'served.write'), { durable: false });
  }
}
