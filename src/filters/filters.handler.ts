import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Commanding } from '../platform/commanding/commanding.js';
import { filtersDecider } from './filters.decider.js';
import { OnFilters } from './filters.message.js';

@CommandHandler(OnFilters)
export class FiltersHandler implements ICommandHandler<OnFilters> {
  readonly #run;
  constructor(commanding: Commanding) {
    this.#run = commanding.runner(filtersDecider);
  }
  execute({ command, context }: OnFilters) {
    return this.#run.execute('', command, context);
  }
}
