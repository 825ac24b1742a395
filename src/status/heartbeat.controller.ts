import { Controller, Get } from '@nestjs/common';
import { Database } from '../platform/postgres/database.js';
import { Callers, NoMask, RateLimit } from '../platform/http/route-spec.js';
import { VERSION } from '../platform/telemetry/version.js';

/** Of this node alone; a shared failure must not take every node out of the balancer at once (horde-api C10.1). */
@Controller('api/v2/status/heartbeat')
export class HeartbeatController {
  constructor(private readonly database: Database) {}

  @Get() @Callers('anyone') @RateLimit('none') @NoMask()
  async heartbeat() {
    const connected = await this.#connected();
    return { message: connected ? 'OK' : 'DOWN', version: VERSION, queue: 0, threads: 1, active_count: 0, db_connection: connected };
  }

  async #connected(): Promise<boolean> {
    try {
      await this.database.query('SELECT 1');
      return true;
    } catch {
      return false; // the answer itself says that the database is away
    }
  }
}
