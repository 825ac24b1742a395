import type { Decider } from '../../src/kernel/decider.js';
import { personal, type AnyEvent } from '../../src/kernel/event.js';
import { teamDecider, type Team, type TeamCommand } from '../../src/teams/team.decider.js';
import { Seeded } from './seeded.js';

interface Surroundings {
  readonly world: { now(): string };
  decide<State, Command, Event extends AnyEvent, Rc extends string>(
    decider: Decider<State, Command, Event, Rc>, stream: string, given: { state: State; command: Command },
  ): boolean;
}

const TEAMS_MAX = 6;

/** Teams, by a dice of their own. */
export class HistoryTeams {
  private readonly random: Seeded;
  private teams: Team[] = [];
  private readonly moves: { readonly worker: string; readonly team: string | undefined }[] = [];
  private readonly teamOfWorker = new Map<string, string>();

  constructor(seed: number, private readonly economy: Surroundings) {
    this.random = new Seeded(seed);
  }

  /** What is stamped with a team knew of it from an earlier round. */
  stampOf(worker: string): { readonly team?: string } {
    const team = this.teamOfWorker.get(worker);
    return team === undefined ? {} : { team };
  }

  step(anybody: readonly number[], workers: readonly { readonly id: string; readonly owner: number }[]): void {
    for (const { worker, team } of this.moves.splice(0)) {
      if (team === undefined) this.teamOfWorker.delete(worker);
      else this.teamOfWorker.set(worker, team);
    }
    if (this.random.chance(this.teams.length < TEAMS_MAX ? 0.3 : 0.02)) this.make(this.random.pick(anybody));
    if (this.teams.length === 0 || !this.random.chance(0.3)) return;
    const team = this.random.pick(this.teams);
    const { id: worker, owner } = this.random.pick(workers);
    const by = team.owner ?? owner;
    const at = this.economy.world.now();
    const name = { name: personal(`user-${by}`, `Team ${at}`), nameHash: this.random.uuid(), from: team.nameHash! };
    const commands: readonly TeamCommand[] = [
      { type: 'JoinTeam', worker, by: owner, at }, { type: 'JoinTeam', worker, by: owner, at }, { type: 'LeaveTeam', worker, by: owner, at },
      { type: 'ChangeTeam', by, name, at }, ...(this.random.chance(0.2) ? [{ type: 'DeleteTeam', by, at } as const] : []),
    ];
    const command = this.random.pick(commands);
    if (!this.economy.decide(teamDecider, `team-${team.id}`, { state: team, command })) return;
    if (command.type === 'JoinTeam') this.moves.push({ worker, team: team.id });
    else if (command.type === 'LeaveTeam' && this.teamOfWorker.get(worker) === team.id) this.moves.push({ worker, team: undefined });
    else if (command.type === 'DeleteTeam') this.teams = this.teams.filter(({ id }) => id !== team.id);
  }

  private make(owner: number): void {
    const state = teamDecider.initialState(this.random.uuid());
    const content = { name: personal(`user-${owner}`, `Team ${this.teams.length}`), nameHash: this.random.uuid(), info: null };
    this.economy.decide(teamDecider, `team-${state.id}`, { state, command: { type: 'CreateTeam', owner, ...content, at: this.economy.world.now() } });
    this.teams.push(state);
  }
}
