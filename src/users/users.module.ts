import { Global, Module } from '@nestjs/common';
import { DevUserController } from './dev-user.controller.js';
import { RegisterController } from './register.controller.js';
import { Registration } from './registration.message.js';
import { TestUserParts, TestUsers } from './test-users.js';
import { SubjectHandler, UserHandler } from './user.handler.js';
import { UsersController } from './users.controller.js';

@Global()
@Module({
  controllers: [UsersController, RegisterController, DevUserController],
  providers: [UserHandler, SubjectHandler, Registration, TestUsers, TestUserParts],
  exports: [Registration],
})
export class UsersModule {}
