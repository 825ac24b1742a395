import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import grpc from '@grpc/grpc-js';
import features from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import gossip from '@eventstore/db-client/generated/gossip_grpc_pb.js';
import streamsServices from '@eventstore/db-client/generated/streams_grpc_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import { range } from '../contract/contract-run.js';
import { Seeded } from '../support/seeded.js';
import { allOptions, fragment } from './raw.js';
import { Served } from './served.js';

const SEED = 5_150;
const ROUNDS = 150;

/** Bytes that nobody has checked, on every method: whatever comes, the call ends or is answered, and the server lives. */
describe('bytes that are no message', () => {
  let served: Served;
  let client: grpc.Client;
  const random = new Seeded(SEED);
  beforeAll(async () => {
    served = await Served.start();
    client = new grpc.Client(served.address, grpc.credentials.createInsecure());
    await served.run.written(3);
  });
  afterAll(async () => {
    client.close();
    await served.stop();
  });

  const same = (bytes: Buffer): Buffer => bytes;
  const garbage = (): Buffer => Buffer.from(range(0, random.between(0, 60)).map(() => random.between(0, 255)));
  /** A real message with a few bytes changed, so that it gets further than garbage does. */
  const spoiled = (): Buffer => {
    const { run } = served;
    const message = Buffer.from(random.unit() < 0.5
      ? fragment({ correlation: run.id(), stream: run.stream(), events: [run.event()] }).serializeBinary()
      : new streams.ReadReq().setOptions(allOptions('5')).serializeBinary());
    for (const _ of range(0, random.between(1, 4))) message[random.between(0, message.length - 1)] = random.between(0, 255);
    return message;
  };
  const bytes = (): Buffer => (random.unit() < 0.4 ? garbage() : spoiled());
  const PATIENCE = { deadline: Infinity };

  /** Resolves when the call has ended, or has been answered; a subscription that got going is left. */
  const tried = (path: string, requestStream: boolean, responseStream: boolean): Promise<void> => new Promise((resolve) => {
    const done = (): void => resolve();
    if (!requestStream && !responseStream) client.makeUnaryRequest(path, same, same, bytes(), done);
    else if (!responseStream) {
      const call = client.makeClientStreamRequest(path, same, same, new grpc.Metadata(), PATIENCE, done);
      call.on('error', done);
      for (const _ of range(0, 3)) call.write(bytes());
      call.end();
    } else if (requestStream) {
      const call = client.makeBidiStreamRequest(path, same, same, new grpc.Metadata(), PATIENCE);
      ended(call, done);
      for (const _ of range(0, 3)) call.write(bytes());
      call.end();
    } else {
      ended(client.makeServerStreamRequest(path, same, same, bytes(), new grpc.Metadata(), PATIENCE), done);
    }
  });
  const ended = (call: grpc.ClientDuplexStream<Buffer, Buffer> | grpc.ClientReadableStream<Buffer>, done: () => void): void => {
    call.on('error', done);
    call.on('end', done);
    call.on('data', () => undefined);
    call.once('data', () => call.cancel());
  };

  const methods = [streamsServices.StreamsService, features.ServerFeaturesService, gossip.GossipService].flatMap((service) => Object.values(service));
  it.each(methods.map((method) => [method.path, method] as const))(`end or are answered by %s, and the log is whole (seed ${SEED})`, async (path, { requestStream, responseStream }) => {
    for (const _ of range(0, ROUNDS / 10)) await Promise.all(range(0, 10).map(() => tried(path, requestStream, responseStream)));
    expect((await served.raw.messages(allOptions('3'))).length).toBe(3);
    const { run } = served;
    const batch = served.raw.batch();
    expect((await batch.ask(fragment({ correlation: run.id(), stream: run.stream(), events: [run.event()] }))).hasSuccess()).toBe(true);
    batch.call.cancel();
  }, 60_000);

  it('to a method that there is not are told so', async () => {
    const error = await new Promise<grpc.ServiceError | null>((resolve) => client.makeUnaryRequest('/event_store.client.streams.Streams/Nothing', same, same, garbage(), resolve));
    expect(error).toMatchObject({ code: grpc.status.UNIMPLEMENTED });
  });
});
