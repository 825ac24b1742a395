import { Injectable } from '@nestjs/common';
import { Clock } from '../kernel/clock.js';
import { KeptAnswers } from '../platform/kept-answers.js';
import { UserFiguresSource } from './user-figures.js';
import { listedUser } from './user-view.js';
import type { KnownUser } from './directory.message.js';

export type UserSort = 'kudos' | 'age';

/** The users read model, a page at a time. */
export abstract class UserPages {
  abstract page(page: number, sort: UserSort): Promise<readonly KnownUser[]>;
}

/** Beyond it there is nobody (horde-api C4.1). */
const PAGE_MAX = 10_000;
/** How long everybody is shown the same page (horde-api B.7), and how many are kept. */
const FRESH_MS = 10_000;
const KEPT_MAX = 200;

/** GET /users: the public view, the same for all who ask, so it is made once every ten seconds. */
@Injectable()
export class UserPageViews {
  readonly #kept: KeptAnswers<readonly object[]>;

  constructor(private readonly pages: UserPages, private readonly figures: UserFiguresSource, private readonly clock: Clock) {
    this.#kept = new KeptAnswers(clock, { freshMs: FRESH_MS, keptMax: KEPT_MAX });
  }

  async of(page: number, sort: UserSort): Promise<readonly object[]> {
    return page > PAGE_MAX ? [] : this.#kept.of(`${sort} ${page}`, () => this.#made(page, sort));
  }

  async #made(page: number, sort: UserSort): Promise<readonly object[]> {
    const users = await this.pages.page(page, sort);
    const now = this.clock.now();
    return Promise.all(users.map(async (user) => listedUser(user, await this.figures.of(user), now)));
  }
}
