import { SimStore } from '../simulation/sim-store.js';
import { eventLogContract } from './event-log.contract.js';

let store = new SimStore();

// What the simulation runs on keeps the contract of the stores that it stands for.
eventLogContract('in memory, for the simulation', {
  open: () => Promise.resolve(store),
  reopen: () => Promise.resolve((store = new SimStore(store))),
});
