import { Controller, Get } from '@nestjs/common';
import { Page, QueryText } from '../platform/http/query.js';
import { Callers, RateLimit } from '../platform/http/route-spec.js';
import { UserPageViews } from './user-page.js';

/** horde-api C4.1. */
@Controller('api/v2/users')
export class UserListController {
  constructor(private readonly pages: UserPageViews) {}

  @Get() @Callers('anyone') @RateLimit('RL-90u')
  list(@Page() page: number, @QueryText('sort') sort: string | undefined) {
    return this.pages.of(page, sort === 'age' ? 'age' : 'kudos');
  }
}
