import type { Ids } from '../../kernel/ids.js';
import { loadKey } from './key-file.js';

/** The key above all keys. Whoever loses it loses all personal data and every API key. */
export const loadMasterKey = (place: { readonly file: string; readonly given?: string | undefined; readonly ids: Ids }): Buffer =>
  loadKey({ ...place, setting: 'HORDE_MASTER_KEY', what: 'master key' });
