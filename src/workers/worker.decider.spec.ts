import { describe, it } from '@jest/globals';
import { given } from '../../test/support/given.js';
import { declaration } from '../../test/support/request-facts.js';
import { personal } from '../kernel/event.js';
import { workerNameDecider, type WorkerNameCommand } from './worker-name.decider.js';
import { workerDecider, type WorkerCommand } from './worker.decider.js';
import type { WorkerEvent, WorkerKind, WorkerNameEvent, WorkerNameReserved } from './worker.events.js';

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
const remove: WorkerCommand = { type: 'DeleteWorker', by: 1, at: AT };
const gone = (nameHash: string): WorkerEvent => ({ type: 'WorkerDeleted.v1', data: { worker: 'w', owner: 12, by: 1, nameHash, deletedAt: AT } });

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
  it('enters maintenance of itself only from work, and keeps the message that it has', () => {
    const enter: WorkerCommand = { type: 'EnterMaintenance', message: personal('user-12', 'Too many faults'), at: AT };
    worker(...known).when(enter).then(maintained(true, 'Too many faults'));
    worker(...known, maintained(true, 'Back soon')).when(enter).thenNothing();
  });
  it('is changed in what is named, in one append', () => {
    const text = personal('user-12', 'text');
    const changed: WorkerEvent = { type: 'WorkerInfoChanged.v1', data: { worker: 'w', by: 1, info: text, changedAt: AT } };
    const renamed: WorkerEvent = { type: 'WorkerRenamed.v1', data: { worker: 'w', by: 1, name: text, nameHash: 'other', renamedAt: AT } };
    const change = { type: 'ChangeWorker', by: 1, at: AT } as const;
    worker(...known).when(change).thenNothing();
    worker(...known).when({ ...change, info: text }).then(changed);
    worker(...known).when({ ...change, maintenance: { on: true, message: null }, info: text, name: { name: text, nameHash: 'other' } }).then(maintained(true), changed, renamed);
    worker(...known, changed, renamed).when(remove).then(gone('other'));
  });
  it('is deleted once, with the name that it had last, and nothing can be asked of it then', () => {
    worker(...known).when(remove).then(gone('hash'));
    for (const command of [remove, maintain(true), declare(2)]) worker(...known, gone('hash')).when(command).thenRefused('WorkerNotFound');
  });
  it('can be looked at, whether there is one or not', () => {
    for (const events of [[], known, [...known, gone('hash')]]) worker(...events).when({ type: 'ReadWorker' }).thenNothing();
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
  const released: WorkerNameEvent = { type: 'WorkerNameReleased.v1', data: { worker: 'w', releasedAt: AT } };
  const release = (id: string): WorkerNameCommand => ({ type: 'ReleaseWorkerName', worker: id, at: AT });
  const holder = (...events: WorkerNameEvent[]) => given(workerNameDecider, 'hash', ...events);

  it('belongs to the first worker that takes it', () => holder().when(reserve()).then(reserved));
  it('reserved before is found again, under the id that it was reserved for', () => holder(reserved).when(reserve('image', 12, 'another')).thenNothing());
  it('is unique over all kinds, which comes before whose it is', () => {
    holder(reserved).when(reserve('text')).thenRefused('PolymorphicNameConflict');
    holder(reserved).when(reserve('text', 13)).thenRefused('PolymorphicNameConflict');
  });
  it('is let go once by the worker that has it, and then free for others', () => {
    holder(reserved).when(release('w')).then(released);
    holder(reserved).when(release('another')).thenNothing();
    holder(reserved, released).when(release('w')).thenNothing();
    holder(reserved, released).when(reserve('text', 13)).then({ type: 'WorkerNameReserved.v1', data: { worker: 'w', kind: 'text', owner: 13, reservedAt: AT } });
  });
  it('of somebody else is refused', () => holder(reserved).when(reserve('image', 13)).thenRefused('WrongCredentials'));
});
