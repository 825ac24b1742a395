import { Module } from '@nestjs/common';
import { NotaryController } from './notary.controller.js';

/** Shows what was signed; the notary itself is made and started by the roots, in a process that has the role. */
@Module({ controllers: [NotaryController] })
export class NotaryModule {}
