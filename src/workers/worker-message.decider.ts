import { accept, refuse, type Decider } from '../kernel/decider.js';
import type { WorkerMessageEvent, WorkerMessagePosted } from './worker-message.events.js';

export interface WorkerMessage {
  readonly id: string;
  readonly author: number | undefined;
  readonly deleted: boolean;
}
export interface PostMessage extends Omit<WorkerMessagePosted['data'], 'message' | 'postedAt'> {
  readonly type: 'PostMessage';
  readonly at: string;
}
export interface DeleteMessage {
  readonly type: 'DeleteMessage';
  readonly by: number;
  readonly moderator: boolean;
  readonly at: string;
}
export type WorkerMessageRc = 'WorkermessageNotFound' | 'Forbidden';

export const workerMessageDecider: Decider<WorkerMessage, PostMessage | DeleteMessage, WorkerMessageEvent, WorkerMessageRc> = {
  category: 'workermessage',
  stateVersion: 1,
  initialState: (id) => ({ id, author: undefined, deleted: false }),
  evolve: (message, event) => (event.type === 'WorkerMessageDeleted.v1' ? { ...message, deleted: true } : { ...message, author: event.data.author }),
  opens: ({ type }) => type === 'PostMessage',
  decide: (command, { id, author, deleted }) => {
    if (command.type === 'PostMessage') {
      if (author !== undefined) return accept(); // its id was made for it: the same call once more
      const { type: _type, at, ...posted } = command;
      return accept({ type: 'WorkerMessagePosted.v1', data: { message: id, ...posted, postedAt: at } });
    }
    if (author === undefined || deleted) return refuse('WorkermessageNotFound');
    if (command.by !== author && !command.moderator) return refuse('Forbidden');
    return accept({ type: 'WorkerMessageDeleted.v1', data: { message: id, by: command.by, deletedAt: command.at } });
  },
};
