import type { Kudos } from '../../kernel/kudos.js';
import { isValidatedBackend, parseBridge } from '../../dispatch/matching/bridge.js';
import { uptimeReward, type Readiness } from '../../pricing/uptime-reward.js';
import type { ReferenceSnapshot } from '../../reference/reference.js';
import type { Declaration, UptimeRewarded, WorkerKind } from '../../workers/worker.events.js';
import type { Policies } from './reprice.js';

/** What workers declare of themselves, as far as the rewards for their time depend on it. */
export class Declarations {
  /** The newest and the one before: a call is paid by what was declared before it, and may declare something new itself. */
  readonly #newest = new Map<string, readonly Declaration[]>();

  declared(worker: string, declaration: Declaration): void {
    this.#newest.set(worker, [declaration, ...(this.#newest.get(worker) ?? [])].slice(0, 2));
  }

  /** What ten minutes would have been worth; undefined when what was declared does not explain what they were. */
  repriced({ worker, kind, amount }: UptimeRewarded['data'], { was, would }: Policies, reference: ReferenceSnapshot): Kudos | undefined {
    const declared = this.#newest.get(worker)?.map((each) => readiness(kind, each)).find((ready) => uptimeReward(ready, was, reference) === amount);
    return declared && uptimeReward(declared, would, reference);
  }
}

const readiness = (kind: WorkerKind, { models, allowLora, maxContextLength, agent }: Declaration): Readiness => {
  switch (kind) {
    case 'image': return { kind, models: models.length, loras: allowLora };
    case 'text': return { kind, model: models[0], maxContextLength, validatedBackend: isValidatedBackend(parseBridge(agent)) };
    case 'interrogation': return { kind };
  }
};
