import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { refusedBy } from '../platform/http/refusals.js';
import type { KnownUser } from '../users/directory.message.js';
import type { Style } from './catalogue.message.js';
import { badRequest, StyleChecks, writtenBy } from './style-checks.js';
import type { StyleCommand, StyleRc } from './style.decider.js';
import { EditingParts } from './style-editing.js';
import { OnStyle } from './style.message.js';
import { styleRefusals } from './style.refusals.js';

const HTTPS = 'https://';
/** As long as browsers and servers agree on; it is kept as text and never fetched. */
const URL_MAX = 2000;

/** Pictures that show what a style does (horde-api C14.7). */
@Injectable()
export class StyleExamples {
  constructor(private readonly commands: CommandBus, private readonly checks: StyleChecks, private readonly parts: EditingParts) {}

  async add(styleId: string, { url, primary }: { url: string; primary: boolean }, apiKey: string): Promise<{ id: string; position: number }> {
    checkUrl(url);
    const id = this.parts.ports.ids.uuid();
    const position = await this.#ask(styleId, apiKey, ({ owner, id: style }) => ({ type: 'AddExample', example: id, primary, ...this.#link(owner, style, url) }));
    return { id, position };
  }

  async change(styleId: string, example: string, { url, primary }: { url?: string | undefined; primary?: boolean | undefined }, apiKey: string): Promise<number> {
    if (url !== undefined) checkUrl(url);
    return this.#ask(styleId, apiKey, ({ owner, id: style }) => ({
      type: 'ChangeExample', example: example.toLowerCase(), ...(url === undefined ? {} : this.#link(owner, style, url)), ...(primary === undefined ? {} : { primary }),
    }));
  }

  remove(styleId: string, example: string, apiKey: string): Promise<number> {
    return this.#ask(styleId, apiKey, () => ({ type: 'RemoveExample', example: example.toLowerCase() }));
  }

  async #ask(styleId: string, apiKey: string, command: (style: Style) => ExampleCommand): Promise<number> {
    const user = await this.checks.caller(apiKey);
    const style = await this.parts.catalogue.style(styleId);
    if (!style) throw refusedBy(styleRefusals, 'StyleNotFound');
    const outcome = await this.commands.execute(new OnStyle(style.id, { ...command(style), ...asked(user), at: this.parts.at() }, this.parts.context(user)));
    if (outcome.outcome === 'refused') throw refused(outcome.rc);
    const position = outcome.outcome === 'appended' ? outcome.position : -1;
    await this.parts.catalogue.shown(position);
    return position;
  }

  #link(owner: number, style: string, url: string) {
    return { url: writtenBy(owner, url), urlHash: this.parts.ports.secrets.keyedHash('style-example', `${style}:${url}`) };
  }
}

type ExampleCommand = Extract<StyleCommand, { type: 'AddExample' | 'ChangeExample' | 'RemoveExample' }> extends infer Command
  ? Command extends object ? Omit<Command, 'by' | 'moderator' | 'at'> : never : never;

const asked = ({ id, roles }: KnownUser) => ({ by: id, moderator: roles.has('moderator') });

const refused = (rc: StyleRc) => {
  if (rc === 'PrimaryExampleNeeded') return badRequest('One example is always the primary one: make another one primary instead.');
  return refusedBy(styleRefusals, rc as Exclude<StyleRc, 'PrimaryExampleNeeded' | 'StyleExists'>);
};

const checkUrl = (url: string): void => {
  if (!url.startsWith(HTTPS) || url.length > URL_MAX) throw badRequest(`The URL of an example starts with ${HTTPS} and has ${URL_MAX} characters at most.`);
};
