import { ChildProgram } from './child-program.js';

/** The log of a data directory, served by the command line in a process of its own: what several nodes share on one machine. */
export class LogProcess extends ChildProgram {
  readonly url: string;

  private constructor(readonly dataDir: string, port: number) {
    super({
      script: 'cli/main.js', args: ['log', 'serve', '--writable', '--listen', `127.0.0.1:${port}`], cwd: dataDir, env: { DATA_DIR: dataDir }, ready: /esdb:\/\//,
    });
    this.url = `esdb://127.0.0.1:${port}?tls=false`;
  }

  static async start(dataDir: string, port: number): Promise<LogProcess> {
    const log = new LogProcess(dataDir, port);
    await log.readyMs();
    if (!log.isRunning) throw new Error(`the log is not served: ${log.output}`);
    return log;
  }
}
