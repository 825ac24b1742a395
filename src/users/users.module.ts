import { Global, Module } from '@nestjs/common';
import { DevUserController } from './dev-user.controller.js';
import { RegisterController, RegisterParts } from './register.controller.js';
import { Registration } from './registration.message.js';
import { TestUserParts, TestUsers } from './test-users.js';
import { SubjectHandler, UserHandler } from './user.handler.js';
import { ErasureParts, Erasures } from './erasures.reactor.js';
import { MonthlyGrants } from './monthly-grants.reactor.js';
import { UserChangeController } from './user-change.controller.js';
import { UserChangeParts, UserChanges } from './user-changes.js';
import { UserDeletions } from './user-deletions.js';
import { UserListController } from './user-list.controller.js';
import { UserPageViews } from './user-page.js';
import { UsersController } from './users.controller.js';

@Global()
@Module({
  controllers: [UsersController, UserListController, UserChangeController, RegisterController, DevUserController],
  providers: [
    UserHandler, SubjectHandler, Registration, TestUsers, TestUserParts, RegisterParts, UserChanges, UserChangeParts, UserDeletions, UserPageViews, MonthlyGrants, Erasures, ErasureParts,
  ],
  exports: [Registration],
})
export class UsersModule {}
