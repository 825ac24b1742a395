import { Injectable } from '@nestjs/common';
import { Refused } from '../platform/http/refusals.js';
import { SharedKeyViews } from './shared-key-registry.message.js';
import { sharedKeyView } from './shared-key-view.js';
import { SharedKeys } from './shared-keys.js';

/** Shows a shared key inside of something else. */
@Injectable()
export class SharedKeyShows extends SharedKeyViews {
  constructor(private readonly sharedKeys: SharedKeys) {
    super();
  }

  async view(id: string): Promise<object | undefined> {
    try {
      return sharedKeyView(await this.sharedKeys.show(id));
    } catch (error) {
      if (error instanceof Refused && error.rc === 'InvalidAPIKey') return undefined; // deleted since it was assigned
      throw error;
    }
  }
}
