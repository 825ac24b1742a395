import { Injectable } from '@nestjs/common';
import { Ids } from '../kernel/ids.js';
import { refusedBy } from '../platform/http/refusals.js';
import { StyleCatalogue, type Found, type Style } from '../styles/catalogue.message.js';
import { styleUseRefusals } from './request.refusals.js';
import type { CommonRequestBody, ImageRequestBody, TextRequestBody } from './rules/request-body.js';
import { styledImage, styledText, styleUseRefusal, suits } from './rules/style.js';
import type { StyleKind } from './rules/style-contract.js';

/** The style that a request uses, and the collection that it was drawn from. */
export interface UsedStyle {
  readonly id: string;
  readonly name: string;
  readonly owner: number;
  readonly collection: string | undefined;
  /** Id of the key that its owner has assigned: it pays, whoever asks, as long as it can (horde-rules §1.10). */
  readonly sharedKey: string | undefined;
}
export interface Styled<Body> {
  /** As the style makes it; as it was sent without one. */
  readonly body: Body;
  readonly used: UsedStyle | undefined;
}

/** Rows 2 and 3 of a request: its style, before anything else is looked at (horde-api C1.1, since-5.1.5 §5.6). @throws Refused */
@Injectable()
export class StyleUse {
  constructor(private readonly catalogue: StyleCatalogue, private readonly ids: Ids) {}

  async image(body: ImageRequestBody): Promise<Styled<ImageRequestBody>> {
    const found = await this.#find(body, 'image');
    return found ? { body: styledImage(body, templateOf(found.style)), used: usedOf(found) } : { body, used: undefined };
  }

  async text(body: TextRequestBody): Promise<Styled<TextRequestBody>> {
    const found = await this.#find(body, 'text');
    return found ? { body: styledText(body, templateOf(found.style)), used: usedOf(found) } : { body, used: undefined };
  }

  async #find(body: CommonRequestBody & { readonly params?: object | undefined }, kind: StyleKind): Promise<Drawn | undefined> {
    const { style: reference, template_fields: fields } = body;
    if (reference === undefined && fields !== undefined) throw refusedBy(styleUseRefusals, 'TemplateFieldsRequireStyle');
    if (reference === undefined) return undefined;
    if (fields && !Object.values(fields).every((value) => typeof value === 'string')) throw refusedBy(styleUseRefusals, 'BadRequest');
    const found = await this.catalogue.find(reference);
    if (!found) throw refusedBy(styleUseRefusals, 'StyleNotFound');
    if ((found.category === 'style' ? found.style : found.collection).kind !== kind) throw refusedBy(styleUseRefusals, 'StyleMismatch');
    const drawn = await this.#drawn(found, fields);
    const rc = styleUseRefusal(body, templateOf(drawn.style));
    if (rc) throw refusedBy(styleUseRefusals, rc);
    return drawn;
  }

  /** Any of a collection's styles that knows what to do with the fields that were sent. */
  async #drawn(found: Found, fields: Readonly<Record<string, string>> | undefined): Promise<Drawn> {
    if (found.category === 'style') return { style: found.style, collection: undefined };
    const members = await this.catalogue.rows.styles(found.collection.styles.map(({ id }) => id));
    if (members.length === 0) throw refusedBy(styleUseRefusals, 'StyleNotFound');
    const suitable = members.filter((style) => suits({ fields: style.templateFields }, fields));
    const style = suitable[Math.floor(this.ids.random() * suitable.length)];
    if (!style) throw refusedBy(styleUseRefusals, 'TemplateFieldsMatchNoCollectionStyle');
    return { style, collection: found.collection.id };
  }
}

/** As the dry run resolves it. */
export const shownStyle = (used: UsedStyle | undefined): object | null => used ? { id: used.id, name: used.name } : null;

interface Drawn {
  readonly style: Style;
  readonly collection: string | undefined;
}

const usedOf = ({ style: { id, name, owner, sharedKey }, collection }: Drawn): UsedStyle => ({ id, name, owner, collection, sharedKey: sharedKey ?? undefined });

const templateOf = ({ prompt, params, models, nsfw, parameterPolicy, templateFields }: Style) =>
  ({ prompt, params, models, nsfw, policy: parameterPolicy, fields: templateFields });
