import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Commanding } from '../platform/commanding/commanding.js';
import { addressBlockDecider } from './address-block.decider.js';
import { modesDecider } from './modes.decider.js';
import { OnAddressBlock, OnModes } from './operations.message.js';

@CommandHandler(OnModes)
export class ModesHandler implements ICommandHandler<OnModes> {
  readonly #run;
  constructor(commanding: Commanding) {
    this.#run = commanding.runner(modesDecider);
  }
  execute({ command, context }: OnModes) {
    return this.#run.execute('', command, context);
  }
}

@CommandHandler(OnAddressBlock)
export class AddressBlockHandler implements ICommandHandler<OnAddressBlock> {
  readonly #run;
  constructor(commanding: Commanding) {
    this.#run = commanding.runner(addressBlockDecider);
  }
  execute({ block, command, context }: OnAddressBlock) {
    return this.#run.execute(block, command, context);
  }
}
