import { plainText, type Personal, type Recorded } from '../../src/kernel/event.js';
import type { Projection, Statement } from '../../src/kernel/projection.js';
import type { JobSettled } from '../../src/kudos/account.events.js';
import type { TeamChanged, TeamCreated, TeamDeleted } from '../../src/teams/team.events.js';
import type { UptimeRewarded } from '../../src/workers/worker.events.js';
import { numbers, plain } from '../columns.js';
import { schemaBeside } from '../load-schema.js';

/**
 * Teams. People change them seldom, so each change is a statement of its own, in order; what counts for them is much, and added up
 * once a batch. It counts for the team that is stamped on it, whatever its worker joins later (horde-rules §7.9).
 */
export const teams: Projection = {
  name: 'teams',
  version: 1,
  schema: schemaBeside(import.meta.url),
  tables: ['team'],
  handles: (type) => Object.hasOwn(STATEMENTS, type) || type === 'JobSettled.v1' || type === 'UptimeRewarded.v1',
  project: (events) => {
    const totals = new Totals();
    const statements = events.flatMap((event) => {
      if (event.type === 'JobSettled.v1') return totals.job(event.data as JobSettled['data']);
      if (event.type === 'UptimeRewarded.v1') return totals.uptime(event.data as UptimeRewarded['data']);
      return STATEMENTS[event.type as keyof typeof STATEMENTS](event as never);
    });
    return [...statements, ...totals.statements()]; // whatever counted was for a team that was there; for one that is gone it is lost with it
  },
};

type Of<Event extends { readonly data: object }> = Pick<Recorded, 'position'> & { readonly data: Event['data'] };

const STATEMENTS = {
  'TeamCreated.v1': ({ data: { team, owner, name, nameHash, info }, position }: Of<TeamCreated>): Statement[] => [{
    text: 'INSERT INTO rm.team (id, owner, name, name_hash, info, position, fulfilled, kudos, things, uptime_s) VALUES ($1, $2, $3, $4, $5, $6, 0, 0, 0, 0)',
    values: [team, owner, storable(name), nameHash, info && storable(info), position],
  }],
  'TeamChanged.v1': ({ data: { team, name, nameHash, info } }: Of<TeamChanged>): Statement[] => [
    ...(name ? [{ text: 'UPDATE rm.team SET name = $2, name_hash = $3 WHERE id = $1', values: [team, storable(name), nameHash] }] : []),
    ...(info ? [{ text: 'UPDATE rm.team SET info = $2 WHERE id = $1', values: [team, storable(info)] }] : []),
  ],
  'TeamDeleted.v1': ({ data: { team } }: Of<TeamDeleted>): Statement[] => [{ text: 'DELETE FROM rm.team WHERE id = $1', values: [team] }],
  'PersonalDataErased.v1': ({ data: { user } }: { readonly data: { readonly user: number } }): Statement[] =>
    [{ text: 'UPDATE rm.team SET name = NULL, info = NULL WHERE owner = $1', values: [user] }],
} as const;

/** PostgreSQL stores no NUL; what is sealed or erased is null. */
const storable = (text: Personal): string | null => plainText(text)?.replaceAll('\0', '\ufffd') ?? null;

interface Total {
  fulfilled: number;
  kudos: number;
  things: number;
  uptimeS: number;
}
/** One reward is for ten minutes (horde-rules §7.4). */
const REWARDED_S = 600;

class Totals {
  private readonly byTeam = new Map<string, Total>();

  /** Only what image workers do counts, except for their time (horde-rules §7.9), and nothing that they did to test themselves. */
  job({ team, kind, price, things, selfTest }: JobSettled['data']): [] {
    if (team === undefined || kind !== 'image' || selfTest) return [];
    const total = this.of(team);
    total.fulfilled += 1;
    total.kudos += price;
    total.things += Math.round(things);
    return [];
  }

  uptime({ team }: UptimeRewarded['data']): [] {
    if (team !== undefined) this.of(team).uptimeS += REWARDED_S;
    return [];
  }

  statements(): Statement[] {
    if (this.byTeam.size === 0) return [];
    const totals = [...this.byTeam.values()];
    return [{
      text: `UPDATE rm.team AS t SET fulfilled = t.fulfilled + u.fulfilled, kudos = t.kudos + u.kudos, things = t.things + u.things, uptime_s = t.uptime_s + u.uptime_s
        FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[]) AS u (id, fulfilled, kudos, things, uptime_s) WHERE t.id = u.id`,
      values: [
        plain([...this.byTeam.keys()]), numbers(totals.map(({ fulfilled }) => fulfilled)), numbers(totals.map(({ kudos }) => kudos)),
        numbers(totals.map(({ things }) => things)), numbers(totals.map(({ uptimeS }) => uptimeS)),
      ],
    }];
  }

  private of(team: string): Total {
    let total = this.byTeam.get(team);
    if (!total) this.byTeam.set(team, (total = { fulfilled: 0, kudos: 0, things: 0, uptimeS: 0 }));
    return total;
  }
}
