/** Who may serve a request: places in the list of servers. Requests that are matched alike share one. */
export interface Pool {
  readonly servers: readonly number[];
}

/** A thread of a worker; where there are very many, several threads that serve the same. Times are seconds from now. */
export interface Server {
  /** The user to whom it belongs: that user's requests come first. */
  readonly owner: number;
  /** Things per second of one job. */
  readonly speed: number;
  /** Threads. */
  readonly width: number;
  readonly freeAtS: number;
}

/** A request that waits, or one that is expected because the like of it has come lately. Times are seconds from now. */
export interface Asked {
  /** Undefined: expected. */
  readonly request: string | undefined;
  /** Whose requests are in line together: an account, or an address. */
  readonly payer: string;
  /** The account; 0 is anonymous. */
  readonly account: number;
  readonly pool: Pool;
  /** Dispatch order, and what it drops by with each hand-out; centikudos. */
  readonly key: number;
  readonly price: number;
  readonly jobs: number;
  readonly things: number;
  /** How many such requests it stands for. */
  readonly lot: number;
  /** Not before now: expected. */
  readonly comesAtS: number;
  /** The later of acceptance and the payer's last hand-out. */
  readonly sinceS: number;
  readonly acceptedS: number;
  /** From when the payer's waiting requests age, if that is later than their acceptance (ADR 0035). */
  readonly agesFromS: number;
  readonly expiresAtS: number;
}

/** What is known now, and the rules that it goes on by. */
export interface Scene {
  readonly servers: readonly Server[];
  readonly asked: readonly Asked[];
  /** One claim in so many serves the payer who has waited longest; 0: none does. */
  readonly fairShare: number;
  /** What a payer can have saved by not asking (ADR 0035); Infinity: nobody's age is touched. */
  readonly ageingCreditS: number;
  /** What a hand-out adds to the life of its payer's requests. */
  readonly lifeS: number;
}

/** The requests of one payer: a hand-out to one concerns all. */
export interface Line {
  /** From when its waiting requests age at the end of the play, and what that was after each hand-out. */
  agesFromS: number;
  readonly agedS: number[];
  /** When one of them was handed out, in order. */
  readonly servedS: number[];
}

/** A claim by a server, as one who was not there may compare with it. */
export interface Claim {
  readonly atS: number;
  /** Of what was taken. A higher key would have been taken instead; −Infinity: nobody was there. */
  readonly key: number;
  /** Of a claim in the fair-share lane: whose turn it was, and since when that payer had waited. */
  readonly turn: { readonly line: Line; readonly sinceS: number } | undefined;
}

/** When a request gets its first job, and when its last is delivered; Infinity: not within what was played. */
export interface Times {
  readonly startS: number;
  readonly doneS: number;
}
