import {
  collectionPage, findCollection, findCollectionByName, findStyle, findStyleByName, findStyles, sharedKeyStyles, stylePage, stylesOf, type StylePage,
} from '../../projections/styles/queries.js';
import { StyleRows } from '../styles/catalogue.message.js';
import type { Platform } from './platform.js';
import { atCheckpoint } from './read-models.js';

export const styleKeyRows = (platform: Platform) => ({
  styleKeys: async () => {
    const { position, answer } = await atCheckpoint(platform, 'styles', sharedKeyStyles);
    return { position, rows: answer };
  },
});

export class PostgresStyleRows extends StyleRows {
  constructor(private readonly platform: Platform) {
    super();
  }
  style(id: string) {
    return findStyle(this.platform.database, id);
  }
  styles(ids: readonly string[]) {
    return findStyles(this.platform.database, ids);
  }
  styleByName(name: string, owner: number | null) {
    return findStyleByName(this.platform.database, name, owner);
  }
  stylePage(page: StylePage) {
    return stylePage(this.platform.database, page);
  }
  stylesOf(owner: number) {
    return stylesOf(this.platform.database, owner);
  }
  collection(id: string) {
    return findCollection(this.platform.database, id);
  }
  collectionByName(name: string, owner: number | null) {
    return findCollectionByName(this.platform.database, name, owner);
  }
  collectionPage(page: Parameters<StyleRows['collectionPage']>[0]) {
    return collectionPage(this.platform.database, page);
  }
  waitFor(position: number, timeoutMs: number): Promise<boolean> {
    return this.platform.readModels.waitFor(position, timeoutMs, ['styles']);
  }
}
