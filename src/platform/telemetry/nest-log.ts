import type { LoggerService } from '@nestjs/common';
import type { Log } from './logger.js';

/** What Nest itself has to say, in our log. Its start-up chatter is debug. */
export class NestLog implements LoggerService {
  constructor(private readonly log_: Log) {}
  log(message: unknown, ...rest: unknown[]): void {
    this.log_.debug(about(rest), String(message));
  }
  error(message: unknown, ...rest: unknown[]): void {
    this.log_.error(about(rest), String(message));
  }
  warn(message: unknown, ...rest: unknown[]): void {
    this.log_.warn(about(rest), String(message));
  }
  debug(message: unknown, ...rest: unknown[]): void {
    this.log_.debug(about(rest), String(message));
  }
  verbose(message: unknown, ...rest: unknown[]): void {
    this.log_.trace(about(rest), String(message));
  }
  fatal(message: unknown, ...rest: unknown[]): void {
    this.log_.fatal(about(rest), String(message));
  }
}

/** Nest passes the context's name last, and a stack before it on errors. */
const about = (rest: readonly unknown[]): object => {
  const [context, stack] = [...rest].reverse();
  return { ...(typeof context === 'string' && { context }), ...(typeof stack === 'string' && { stack }) };
};
