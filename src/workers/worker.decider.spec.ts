import { describe, it } from '@jest/globals';
import { given } from '../../test/support/given.js';
import { declaration } from '../../test/support/request-facts.js';
import { personal } from '../kernel/event.js';
import { workerNameDecider, type WorkerNameCommand } from './worker-name.decider.js';
import { workerDecider, type WorkerCommand } from './worker.decider.js';
import type { WorkerEvent, WorkerKind, WorkerNameReserved } from './worker.events.js';

const AT = '2026-03-01T12:00:00.000Z';
const name = personal('user-12', 'Dreamer');
const register: WorkerCommand = { type: 'RegisterWorker', kind: 'image', owner: 12, name, nameHash: 'hash', declaration: declaration(), at: AT };
const declare = (threads: number): WorkerCommand => ({ type: 'DeclareWorker', declaration: declaration({ threads }), at: AT });
const maintain = (on: boolean, message: string | null = null): WorkerCommand => ({
  type: 'ChangeMaintenance', on, message: message === null ? null : personal('user-12', message), at: AT,
});
const registered: WorkerEvent = { type: 'WorkerRegistered.v1', data: { worker: 'w', kind: 'image', owner: 12, name, nameHash: 'hash', registeredAt: AT } };
const declared = (threads = 1): WorkerEvent => ({ type: 'WorkerDeclared.v1', data: { worker: 'w', declaration: declaration({ threads }), declaredAt: AT } });
const maintained = (on: boolean, message: string | null = null): WorkerEvent => ({
  type: 'MaintenanceChanged.v1', data: { worker: 'w', on, message: message === null ? null : personal('user-12', message), changedAt: AT },
});
const worker = (...events: WorkerEvent[]) => given(workerDecider, 'w', ...events);
const known = [registered, declared()];

describe('a worker', () => {
  it('is registered with what it declares', () => worker().when(register).then(registered, declared()));
  it('is registered once, however often it pops', () => worker(...known).when(register).thenNothing());
  it.each([declare(2), maintain(true)])('%#: must exist', (command) => worker().when(command).thenRefused('WorkerNotFound'));
  it('declares what has changed, and only then', () => {
    worker(...known).when(declare(2)).then(declared(2));
    worker(...known).when(declare(1)).thenNothing();
    worker(...known, declared(2)).when(declare(1)).then(declared(1));
  });
  it('enters maintenance with a message, which may be changed', () => {
    worker(...known).when(maintain(true, 'Back soon')).then(maintained(true, 'Back soon'));
    worker(...known, maintained(true, 'Back soon')).when(maintain(true, 'Back late')).then(maintained(true, 'Back late'));
  });
  it('leaves maintenance once', () => {
    worker(...known, maintained(true)).when(maintain(false)).then(maintained(false));
    worker(...known, maintained(true), maintained(false)).when(maintain(false)).thenNothing();
    worker(...known).when(maintain(false)).thenNothing();
  });
});

describe('a worker name', () => {
  const reserve = (kind: WorkerKind = 'image', owner = 12, id = 'w'): WorkerNameCommand => ({ type: 'ReserveWorkerName', worker: id, kind, owner, at: AT });
  const reserved: WorkerNameReserved = { type: 'WorkerNameReserved.v1', data: { worker: 'w', kind: 'image', owner: 12, reservedAt: AT } };
  const holder = (...events: WorkerNameReserved[]) => given(workerNameDecider, 'hash', ...events);

  it('belongs to the first worker that takes it', () => holder().when(reserve()).then(reserved));
  it('reserved before is found again, under the id that it was reserved for', () => holder(reserved).when(reserve('image', 12, 'another')).thenNothing());
  it('is unique over all kinds, which comes before whose it is', () => {
    holder(reserved).when(reserve('text')).thenRefused('PolymorphicNameConflict');
    holder(reserved).when(reserve('text', 13)).thenRefused('PolymorphicNameConflict');
  });
  it('of somebody else is refused', () => holder(reserved).when(reserve('image', 13)).thenRefused('WrongCredentials'));
});
