import { Global, Module } from '@nestjs/common';
import { Access } from './access.message.js';
import { AddressBlocks } from './address-blocks.message.js';
import { AddressBlocksController } from './address-blocks.controller.js';
import { AddressOffences } from './address-offences.message.js';
import { ModesController, ModesParts } from './modes.controller.js';
import { Moderators } from './moderators.js';
import { AddressBlockHandler, ModesHandler } from './operations.handler.js';

@Global()
@Module({
  controllers: [ModesController, AddressBlocksController],
  providers: [Access, AddressBlocks, AddressOffences, ModesParts, Moderators, ModesHandler, AddressBlockHandler],
  exports: [Access, AddressBlocks, AddressOffences],
})
export class OperationsModule {}
