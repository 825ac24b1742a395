import vm from 'node:vm';
import type { ReadReq } from '@eventstore/db-client/generated/streams_pb.js';
import type { RecordedEvent } from '../event-log.js';
import { PREFIXES_MAX, REGEX_CHARACTERS_MAX, REGEX_MS_MAX, REGEX_TRIES } from './limits.js';
import { thrown } from './rpc-errors.js';

type FilterOptions = ReadReq.Options.FilterOptions;
/** Which of the texts match. */
type Test = (texts: readonly string[]) => readonly boolean[];

/** One anchored run without groups: it cannot backtrack for long, whatever it is tried on. */
const CANNOT_BACKTRACK = /^\^(?:[^()|*+?{}\\]|\\[\w.$^/-])*[*+?]?(?:[^()|*+?{}\\]|\\[\w.$^/-])*$/;

/** Events of a type or a stream, by prefixes or a regular expression. */
export class EventFilter {
  private constructor(private readonly textOf: (event: RecordedEvent) => string, private readonly test: Test) {}

  /** @throws RpcError it says nothing, or too much */
  static of(options: FilterOptions): EventFilter {
    const byType = options.getEventType();
    const expression = byType ?? options.getStreamIdentifier();
    if (!expression) throw thrown('A filter names a stream or an event type.');
    const regex = expression.getRegex();
    const test = regex === '' ? testOfPrefixes(expression.getPrefixList()) : testOfRegex(regex);
    return new EventFilter(byType ? (event) => event.type : (event) => event.stream, test);
  }

  /** For each event, whether it passes. */
  admits(events: readonly RecordedEvent[]): readonly boolean[] {
    return this.test(events.map(this.textOf));
  }
}

const testOfPrefixes = (prefixes: readonly string[]): Test => {
  if (prefixes.length === 0 || prefixes.length > PREFIXES_MAX) throw thrown(`A filter has 1 to ${PREFIXES_MAX} prefixes, or a regular expression.`);
  return (texts) => texts.map((text) => prefixes.some((prefix) => text.startsWith(prefix)));
};

const testOfRegex = (source: string): Test => {
  if (source.length > REGEX_CHARACTERS_MAX) throw thrown(`A regular expression has at most ${REGEX_CHARACTERS_MAX} characters.`);
  const regex = compiled(source);
  return CANNOT_BACKTRACK.test(source) ? (texts) => texts.map((text) => regex.test(text)) : guarded(source);
};

const compiled = (source: string): RegExp => {
  try {
    return new RegExp(source);
  } catch (error) {
    throw thrown(`The filter is not a regular expression: ${(error as Error).message}`);
  }
};

/** Whoever may subscribe may write an expression that backtracks for years, so it runs where V8 can interrupt it. */
const guarded = (source: string): Test => {
  const script = new vm.Script('texts.map((text) => regex.test(text))');
  const context = vm.createContext({ regex: new RegExp(source), texts: [] as readonly string[] });
  return (texts) => {
    context['texts'] = texts;
    for (let attempt = 1; ; attempt++) {
      try {
        return script.runInContext(context, { timeout: REGEX_MS_MAX }) as boolean[];
      } catch (error) {
        if (attempt === REGEX_TRIES) throw thrown(`The filter's regular expression takes too long: ${(error as Error).message}`);
      }
    }
  };
};
