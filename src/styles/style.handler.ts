import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Commanding } from '../platform/commanding/commanding.js';
import { collectionDecider } from './collection.decider.js';
import { styleNameDecider } from './style-name.decider.js';
import { styleDecider } from './style.decider.js';
import { OnCollection, OnStyle, OnStyleName } from './style.message.js';

@CommandHandler(OnStyle)
export class StyleHandler implements ICommandHandler<OnStyle> {
  readonly #run;
  constructor(commanding: Commanding) {
    this.#run = commanding.runner(styleDecider);
  }
  execute({ style, command, context }: OnStyle) {
    return this.#run.execute(style, command, context);
  }
}

@CommandHandler(OnCollection)
export class CollectionHandler implements ICommandHandler<OnCollection> {
  readonly #run;
  constructor(commanding: Commanding) {
    this.#run = commanding.runner(collectionDecider);
  }
  execute({ collection, command, context }: OnCollection) {
    return this.#run.execute(collection, command, context);
  }
}

@CommandHandler(OnStyleName)
export class StyleNameHandler implements ICommandHandler<OnStyleName> {
  readonly #run;
  constructor(commanding: Commanding) {
    this.#run = commanding.runner(styleNameDecider);
  }
  execute({ nameHash, command, context }: OnStyleName) {
    return this.#run.execute(nameHash, command, context);
  }
}
