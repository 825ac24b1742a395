import { describe, expect, it } from '@jest/globals';
import { EventStoreDBClient } from '@eventstore/db-client';
import { configHelp, ConfigError, PROCESS_ROLES, readConfig } from '../../src/config.js';
import { POSTGRES_SETTINGS } from '../../src/platform/postgres/postgres-settings.js';
import { compose, environmentOf, faultsOf, interpolated, isOurs, networksOf, services, type Service } from './compose.js';
import { exists, read } from './repository.js';

const text = read('docker-compose.yml');
const guide = read('docs/deploy.md');
const proxy = read('deploy/haproxy.cfg');
const { version } = JSON.parse(read('package.json')) as { version: string };

/** What the file insists on: `${NAME:?…}`. */
const required = [...new Set([...text.matchAll(/\$\{(\w+):\?/g)].map(([, name]) => name!))].sort();
const given: Readonly<Record<string, string>> = {
  COMPOSE_PROJECT_NAME: 'horde-ledger', HORDE_MASTER_KEY: '0123456789abcdef'.repeat(4), POSTGRES_PASSWORD: 'p0', EVENTSTORE_ADMIN_PASSWORD: 'a0',
  EVENTSTORE_OPS_PASSWORD: 'o0',
};
const ours = services.filter(([, service]) => isOurs(service));
const eventStores = services.filter(([, { image }]) => image.startsWith('eventstore/eventstore:'));
const named = (of: readonly (readonly [string, Service])[], fails: (service: Service) => boolean): readonly string[] =>
  of.filter(([, service]) => fails(service)).map(([name]) => name);
const seconds = (duration: string): number => Number(/^(\d+)s$/.exec(duration)![1]);

describe('docker-compose.yml', () => {
  it('is what the Compose Specification asks for', () => {
    expect(faultsOf(text)).toEqual([]);
    expect(faultsOf(text.replace('    read_only: true', '    readonly: true').replace('  read_only: true', '  readonly: true'))).not.toEqual([]); // it does look
  });

  it('has every image pinned to a version that is not moved on purpose, and ours to this release', () => {
    expect(named(services, (service) => !isOurs(service) && !/^[\w./-]+:\d+\.\d+(\.\d+)?(-[\w.]+)*$/.test(service.image))).toEqual([]);
    expect(new Set(ours.map(([, { image }]) => image))).toEqual(new Set([`horde-ledger:${version}`]));
  });

  it('watches over every service, or says why not, and starts it again', () => {
    expect(named(services, (service) => !service.healthcheck && !service['x-without-healthcheck'])).toEqual([]);
    expect(named(services, ({ restart, ...service }) => restart !== 'unless-stopped' && !(restart === 'no' && service['x-without-healthcheck']))).toEqual([]);
  });

  it('limits the memory, the processors, the processes and the log of every service', () => {
    expect(named(services, ({ deploy }) => ['cpus', 'memory', 'pids'].some((limit) => !deploy?.resources?.limits?.[limit]))).toEqual([]);
    expect(named(services, ({ logging }) => !logging?.options['max-size'] || !logging.options['max-file'])).toEqual([]);
  });

  it('gives nobody more rights than it needs: no root, no capabilities, no writing beside its volumes', () => {
    expect(named(services, ({ user }) => !/^[1-9]\d*:[1-9]\d*$/.test(user ?? ''))).toEqual(named(services, (service) => service['x-as-root'] !== undefined));
    expect(named(services, (service) => service.cap_add !== undefined && !service['x-as-root'])).toEqual([]);
    expect(named(services, ({ read_only, cap_drop, security_opt }) =>
      read_only !== true || !cap_drop?.includes('ALL') || !security_opt?.includes('no-new-privileges:true'))).toEqual([]);
    expect(text).not.toMatch(/privileged: *true|network_mode: *host|pid: *host|docker\.sock/);
  });

  it('publishes the proxy alone, and on the loopback address', () => {
    expect(named(services, ({ ports }) => ports !== undefined)).toEqual(['proxy']);
    expect(compose.services['proxy']!.ports!.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
    const open = Object.entries(compose.networks).filter(([, network]) => network.internal !== true).map(([name]) => name);
    expect(named(services, (service) => networksOf(service).some((network) => open.includes(network)))).toEqual(['proxy']);
    expect(networksOf(compose.services['proxy']!)).not.toContain('data');
  });

  it('holds no secret, and no default for one', () => {
    const secret = services.flatMap(([name, { environment = {} }]) => Object.entries(environment)
      .filter(([key]) => /PASSWORD|SECRET|TOKEN|KEY$/.test(key)).filter(([, value]) => !/^\$\{\w+:\?[^}]+\}$/.test(value)).map(([key]) => `${name}: ${key}`));
    const inUrls = services.flatMap(([name, { environment = {} }]) => Object.entries(environment)
      .filter(([, value]) => /:\/\/[^/]*@/.test(value) && !/:\/\/\w+:\$\{\w+:\?[^}]+\}@/.test(value)).map(([key]) => `${name}: ${key}`));
    expect([...secret, ...inUrls]).toEqual([]);
    expect(required.filter((name) => text.includes(`\${${name}:-`) || text.includes(`\${${name}-`))).toEqual([]);
    expect(required).toEqual(Object.keys(given).filter((name) => name !== 'COMPOSE_PROJECT_NAME').sort());
  });

  it('uses the volumes that it declares and the files that there are', () => {
    const mounted = services.flatMap(([, { volumes = [] }]) => volumes.map((volume) => volume.split(':')[0]!));
    expect([...new Set(mounted.filter((source) => !source.startsWith('.')))].sort()).toEqual(Object.keys(compose.volumes).sort());
    expect(mounted.filter((source) => source.startsWith('.') && !exists(source.slice(2)))).toEqual([]);
  });
});

describe('our own services in it', () => {
  const defaults = new Map(configHelp().split('\n').flatMap((line) => {
    const [, key, fallback = ''] = /^ {2}([A-Z]\w*) +.*?(?: \[([^\]]*)\])?$/.exec(line) ?? [];
    return key === undefined ? [] : [[key, fallback] as const];
  }));

  it('are given settings that the server knows', () => {
    const unknown = ours.flatMap(([, { environment = {} }]) => Object.keys(environment)).filter((key) => !defaults.has(key));
    expect(unknown).toEqual([]);
  });

  it('have the default of --help for whatever nobody sets', () => {
    const left = ours.flatMap(([, { environment = {} }]) => Object.entries(environment)).flatMap(([key, value]) => {
      const fallback = new RegExp(`^\\$\\{${key}:-([^$}]*)\\}$`).exec(value)?.[1];
      return fallback === undefined || fallback === defaults.get(key) ? [] : [`${key}: ${fallback}`];
    });
    expect(left).toEqual([]);
  });

  it('have settings that the server accepts', () => {
    const refused = named(ours, (service) => {
      try {
        readConfig(environmentOf(service, given));
        return false;
      } catch (error) {
        if (error instanceof ConfigError) return true;
        throw error;
      }
    });
    expect(refused).toEqual([]);
  });

  it('play every role, and only one is projector, and one notary', () => {
    const started = ours.filter(([, { profiles }]) => !profiles);
    expect(started.map(([, { environment }]) => environment!['ROLES']).sort()).toEqual([...PROCESS_ROLES].sort());
    expect(compose.services['api']!.deploy!.replicas).toBeGreaterThanOrEqual(2);
    for (const alone of ['projector', 'notary']) expect(compose.services[alone]!.deploy!.replicas).toBeUndefined();
  });

  it('read their connection string as EventStoreDB\'s own client does, and trust the authority that is made for them', () => {
    const [url] = new Set(ours.map(([, service]) => environmentOf(service, given)['EVENTSTORE_URL']!));
    expect(named(ours, ({ volumes }) => !volumes?.includes('authority:/certificates:ro'))).toEqual([]);
    expect(url).toContain('tlsCAFile=/certificates/ca.crt');
    expect(() => EventStoreDBClient.connectionString(url!.replace('/certificates/ca.crt', 'package.json'))).not.toThrow();
  });

  it('believe the proxy, which replaces what a client says of its address', () => {
    expect(named(ours, ({ environment }) => environment!['TRUST_PROXY_HOPS'] !== undefined)).toEqual(['api']);
    expect(compose.services['api']!.environment!['TRUST_PROXY_HOPS']).toBe('1');
    expect(proxy).toMatch(/^ {2}http-request set-header X-Forwarded-For %\[src\]$/m);
    expect(proxy).not.toMatch(/^ *(option +forwardfor|cookie|stick)\b/m);
  });

  it('are asked by the proxy whether they are ready, where they listen, and have time to finish', () => {
    const [, slots, port] = /^ {2}server-template \S+ (\d+) api:(\d+)$/m.exec(proxy)!;
    expect(port).toBe(readConfig({}).port.toString());
    expect(Number(slots)).toBeGreaterThanOrEqual(compose.services['api']!.deploy!.replicas! * 2); // an upgrade runs both releases
    expect(proxy).toContain('uri /v1/health/ready\n');
    const [, hardStop] = /hard-stop-after (\d+)s/.exec(proxy)!;
    expect(seconds(compose.services['proxy']!.stop_grace_period!)).toBeGreaterThan(Number(hardStop));
  });
});

describe('the stores in it', () => {
  const known = new Set(JSON.parse(read('test/fixtures/compose/eventstoredb-settings.json')) as string[]);
  const pascal = (key: string): string => key.replace('EVENTSTORE_', '').toLowerCase().replace(/(^|_)(\w)/g, (_, __, letter: string) => letter.toUpperCase());

  it('EventStoreDB is given settings that it knows, and threads enough', () => {
    const keys = eventStores.flatMap(([, { environment = {} }]) => Object.keys(environment));
    expect([...new Set(keys)].filter((key) => key.startsWith('EVENTSTORE_') && !known.has(pascal(key)))).toEqual([]);
    expect(new Set(eventStores.map(([, { environment }]) => Number(`0x${environment!['DOTNET_ThreadPool_ForceMinWorkerThreads']}`)))).toEqual(new Set([64]));
    expect(text).not.toContain('EVENTSTORE_INSECURE');
  });

  it('EventStoreDB is one node or three, and never both on one volume', () => {
    const of = (profile: string) => eventStores.filter(([, { profiles }]) => profiles?.join() === profile);
    const cluster = of('cluster').map(([name]) => name);
    expect(of('single')).toHaveLength(1);
    expect(cluster).toEqual(['eventstore-1', 'eventstore-2', 'eventstore-3']);
    for (const [name, { environment }] of of('cluster')) {
      expect(environment).toMatchObject({ EVENTSTORE_CLUSTER_SIZE: '3', EVENTSTORE_NODE_HOST_ADVERTISE_AS: name, EVENTSTORE_REPLICATION_HOST_ADVERTISE_AS: name });
      expect(environment!['EVENTSTORE_GOSSIP_SEED']!.split(',').sort()).toEqual(cluster.filter((other) => other !== name).map((other) => `${other}:2113`));
      expect(environment!['EVENTSTORE_CERTIFICATE_FILE']).toBe(`/certificates/${name}/node.crt`);
      expect(read('deploy/make-certificates.sh')).toMatch(new RegExp(`for node in .*\\b${name}\\b`));
    }
    const holders = eventStores.filter(([, { volumes }]) => volumes?.includes('eventstore-1:/var/lib/eventstore'));
    expect(holders).toHaveLength(2);
    expect(new Set(holders.map(([, { container_name }]) => interpolated(container_name!, given))).size).toBe(1);
  });

  it('PostgreSQL runs as the embedded one, but for what its size decides', () => {
    const parameters = compose.services['postgres']!.command!.slice(1).map((argument) => argument.replace(/^-c/, '').split('=') as [string, string]);
    const other = parameters.filter(([name, value]) => POSTGRES_SETTINGS[name] !== value).map(([name]) => name);
    expect(other).toEqual(['max_connections', 'shared_buffers']);
    const locale = compose.services['postgres']!.environment!['POSTGRES_INITDB_ARGS']!.split(' ');
    expect(locale.filter((argument) => !read('src/platform/postgres/start-postgres.ts').includes(`'${argument}'`))).toEqual([]);
  });
});

describe('the image', () => {
  const lines = read('Dockerfile').replace(/\\\n\s*/g, ' ').split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const all = (instruction: string): readonly string[] => lines.filter((line) => line.startsWith(`${instruction} `)).map((line) => line.slice(instruction.length + 1));
  const ignore = read('.dockerignore').split('\n').filter((line) => line !== '' && !line.startsWith('#'));

  it('stands on an exact Node that package.json allows', () => {
    const [, major, minor] = /^node:(\d+)\.(\d+)\.\d+-[\w-]+ AS base$/.exec(all('FROM')[0]!)!.map(Number);
    const [, majorMin, minorMin] = /^>=(\d+)\.(\d+)$/.exec((JSON.parse(read('package.json')) as { engines: { node: string } }).engines.node)!.map(Number);
    expect(major! > majorMin! || (major === majorMin && minor! >= minorMin!)).toBe(true);
  });

  it('is made of stages that there are', () => {
    const stages = all('FROM').flatMap((from) => / AS (\w+)$/.exec(from)?.[1] ?? []);
    expect(all('FROM').slice(1).filter((from) => !stages.includes(from.split(' ')[0]!))).toEqual([]);
    expect(all('COPY').flatMap((copy) => /--from=(\w+)/.exec(copy)?.[1] ?? []).filter((stage) => !stages.includes(stage))).toEqual([]);
  });

  it('copies files that exist, and .dockerignore lets through these and no others', () => {
    const copied = new Set(all('COPY').filter((copy) => !copy.startsWith('--from=')).flatMap((copy) => copy.split(' ').slice(0, -1)).map((path) => path.replace(/^\.\//, '')));
    expect([...copied].filter((path) => !exists(path))).toEqual([]);
    expect(ignore[0]).toBe('*');
    expect(ignore.filter((line) => line.startsWith('!')).map((line) => line.slice(1)).sort()).toEqual([...copied].sort());
  });

  it('runs the server itself, without a shell in between and without root', () => {
    const command = JSON.parse(all('CMD').at(-1)!) as string[];
    expect(command[0]).toBe('node');
    expect(exists(command.at(-1)!.replace(/^dist\/(.*)\.js$/, '$1.ts'))).toBe(true);
    expect(all('USER').at(-1)).toBe('node');
  });

  it('is asked for its health as in docker-compose.yml, which changes nothing but says so', () => {
    const [, check] = /CMD (\[.*\])$/.exec(all('HEALTHCHECK')[0]!)!;
    expect(new Set(ours.map(([, { healthcheck }]) => JSON.stringify(healthcheck!.test)))).toEqual(new Set([JSON.stringify(['CMD', ...(JSON.parse(check!) as string[])])]));
  });

  it('knows the settings that it brings', () => {
    const keys = all('ENV').join(' ').split(' ').map((pair) => pair.split('=')[0]!).filter((key) => key !== 'NODE_ENV' && key !== 'BLOBS_DIR');
    expect(keys.filter((key) => !configHelp().includes(`\n  ${key} `))).toEqual([]);
  });
});

describe('docs/deploy.md', () => {
  /** What the first column of a table names. */
  const namedIn = (header: string): readonly string[] => guide.split(`| ${header} |`)[1]!.split('\n\n')[0]!.split('\n').slice(1)
    .flatMap((line) => [...(line.split('|')[1] ?? '').matchAll(/`([\w-]+)`/g)].map(([, name]) => name!));

  it('tells of every service and every volume, and of no others', () => {
    expect([...namedIn('Service')].sort()).toEqual(Object.keys(compose.services).sort());
    expect([...namedIn('Volume')].sort()).toEqual(Object.keys(compose.volumes).sort());
  });

  it('makes every secret that docker-compose.yml insists on', () => {
    const [, block] = /<!-- secrets:.*?-->\n+```bash\n(.*?)```/s.exec(guide)!;
    expect(required.filter((name) => !new RegExp(`^${name}=\\$\\(openssl rand -hex \\d+\\)$`, 'm').test(block!))).toEqual([]);
    expect(block).toMatch(/^COMPOSE_PROFILES=single$/m);
  });

  it('names the images of docker-compose.yml where it names any', () => {
    const mentioned = [...guide.matchAll(/\b(?:eventstore\/eventstore|postgres|haproxy|node):\d[\w.-]+/g)].map(([image]) => image);
    expect(mentioned.length).toBeGreaterThan(0);
    expect(mentioned.filter((image) => !services.some(([, service]) => service.image === image))).toEqual([]);
  });

  it('shows overrides that Compose would take', () => {
    const blocks = [...guide.matchAll(/```yaml\n(.*?)```/gs)].map(([, block]) => block!);
    expect(blocks.length).toBeGreaterThan(0);
    expect(blocks.flatMap(faultsOf)).toEqual([]);
  });
});
