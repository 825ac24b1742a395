import { skipNone } from '../platform/http/marshal.js';
import { SEPARATOR, type Collection, type Style } from './catalogue.message.js';

/** What workers are told of a text where nobody says anything (horde-api C2.4): text styles show it. */
const TEXT_DEFAULTS = { min_p: 0, smoothing_factor: 0, dynatemp_range: 0, dynatemp_exponent: 1 };

/** The style object of the API; `sharedKey` only for its owner. */
export const styleView = (style: Style, creator: string, sharedKey: object | null = null): object => {
  const { id, kind, name, info, prompt, params, nsfw, tags, models, useCount, examples } = style;
  return {
    ...skipNone({
      id, name, info, prompt, params: kind === 'text' ? { ...TEXT_DEFAULTS, ...params } : params, public: style.public, nsfw, tags, models,
      use_count: useCount, creator, ...(kind === 'image' ? { examples } : {}),
    }),
    shared_key: sharedKey, parameter_policy: style.parameterPolicy, template_fields: style.templateFields,
  };
};

/** `alias::style::name`, the name under which anybody finds it. */
export const displayName = (alias: string, name: string, category: 'style' | 'collection' = 'style'): string => [alias, category, name].join(SEPARATOR);

export const collectionView = ({ id, name, kind, info, styles, useCount, ...rest }: Collection, aliasOf: (user: number) => string): object => ({
  id, name, type: kind, info, public: rest.public, styles: styles.map((style) => ({ name: displayName(aliasOf(style.owner), style.name), id: style.id })),
  use_count: useCount,
});
