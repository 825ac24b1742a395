/** As EventStoreDB: a prepare, a commit or a client's deadline, whatever it asked for, ends after this; the outcome is then unknown. */
export const WRITE_TIMEOUT_MS = 2_000;
/** One gRPC message: the largest record that EventStoreDB writes (16 MiB less its overhead). Beyond it gRPC itself ends the call. */
export const RECEIVE_BYTES_MAX = 16 * 1_048_576 - 10_000;
/** Events that EventStoreDB buffers for a live subscriber. One that lets more of them pile up is told to subscribe again. */
export const LIVE_EVENTS_MAX = 32;
/** Events of one append that overrun that buffer however fast the subscriber is: measured on EventStoreDB. */
export const LIVE_APPEND_EVENTS = 50;
/** A subscriber that takes longer for what it was given lets events pile up: at 3,000 events a second these are twice the buffer. */
export const LIVE_WAIT_MS_MAX = 20;
/** Events that a filtered subscription examines between two checkpoints, times what the client asks for. */
export const SEARCH_WINDOW = 32;
/** Events of one page of a read: enough to keep the socket busy, few enough that many readers cost little memory. */
export const PAGE_EVENTS = 512;
/** Calls that read or follow at once. A subscription costs a feed and a page; a thousand of them are somebody's mistake. */
export const READERS_MAX = 1_000;
/** gRPC calls of one connection at once, as EventStoreDB. Each may hold one message of RECEIVE_BYTES_MAX before it is known for what it is. */
export const CONNECTION_CALLS_MAX = 100;
/** Batch appends of one call of which the last fragment is still to come. */
export const OPEN_APPENDS_MAX = 1_000;
/** What one call's batch appends may hold in memory. Beyond it the call is not read from until some are written: back-pressure, not an error. */
export const APPENDS_BYTES_MAX = 32 * 1_048_576;
/** How often expired appends are looked for: a client waits at most this much longer than it asked to. */
export const SWEEP_MS = 50;
/** A regular expression of a filter; the longest that ours and EventStoreDB's own clients send have 20. */
export const REGEX_CHARACTERS_MAX = 256;
/** Prefixes of one filter. */
export const PREFIXES_MAX = 256;
/** A dead connection is noticed after these two: the client's own default. */
export const KEEPALIVE_MS = 10_000;
export const KEEPALIVE_TIMEOUT_MS = 10_000;
/** Clients that are still connected when the front closes get this long to read their last words. */
export const GOODBYE_MS = 1_000;
/** What a filter's regular expression may take for a page of events, of which a sound one needs a millisecond. The process does nothing else meanwhile. */
export const REGEX_MS_MAX = 250;
/** Time passes on a busy machine also while nothing runs: only an expression that takes too long again is at fault. */
export const REGEX_TRIES = 2;
