import { Global, Module } from '@nestjs/common';
import { OutageHandler } from './outage.handler.js';
import { Serving, ServingParts } from './serving.message.js';

@Global()
@Module({ providers: [OutageHandler, Serving, ServingParts], exports: [Serving] })
export class OutagesModule {}
