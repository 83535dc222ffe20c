// Sockets of the C library (Linux): connect waits, everything after that never does.
//
// Why not Deno.connect: a promise and an op for each read made the load generator the slower side.
// With it Bun's publish did 3.8 million deliveries a second and was idle 5 % of the time; read this
// way it does 4.3 million and is never idle. The loop is also plain: no await, no timers.

const libc = Deno.dlopen("libc.so.6", {
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  shutdown: { parameters: ["i32", "i32"], result: "i32" },
  // Lengths are size_t and ssize_t. 32 bits are enough here, and numbers instead of bigints.
  recv: { parameters: ["i32", "buffer", "u32", "i32"], result: "i32" },
  send: { parameters: ["i32", "buffer", "u32", "i32"], result: "i32" },
  epoll_create1: { parameters: ["i32"], result: "i32" },
  epoll_ctl: { parameters: ["i32", "i32", "i32", "buffer"], result: "i32" },
  epoll_wait: { parameters: ["i32", "buffer", "i32", "i32"], result: "i32" },
  __errno_location: { parameters: [], result: "pointer" },
}).symbols;

// Constants of the Linux headers, equal on x86_64 and aarch64.
const AF_INET = 2;
const SOCK_STREAM = 1;
const IPPROTO_TCP = 6;
const TCP_NODELAY = 1;
const SHUT_WR = 1;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const EINTR = 4;
const EAGAIN = 11;
const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;
const EPOLL_CTL_MOD = 3;
const EPOLLIN = 1;
const EPOLLOUT = 4;

/** `struct epoll_event` in 32-bit words: flags, then 64 bits of data, packed on x86_64 only. */
const EVENT_WORDS = Deno.build.arch === "x86_64" ? 3 : 4;
const EVENT_DATA_WORD = EVENT_WORDS - 2;

/** Events taken at once: few, so that the next message is not late behind a long round of reads. */
const EVENTS_PER_WAIT = 256;

/** The result of `receive` and `send` when the connection is closed. */
export const GONE = -1;

/** Opens a connection to 127.0.0.1. @throws {Error} when the server refuses. */
export function connect(port: number): number {
  const fd = must("socket", libc.socket(AF_INET, SOCK_STREAM, 0));
  const address = new Uint8Array(16);
  const view = new DataView(address.buffer);
  view.setUint16(0, AF_INET, true);
  view.setUint16(2, port); // network byte order
  address.set([127, 0, 0, 1], 4);
  must("connect", libc.connect(fd, address, address.length));
  const on = new Uint8Array(new Int32Array([1]).buffer);
  must("setsockopt", libc.setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, on, on.length));
  return fd;
}

/** Reads what is there: a number of bytes, 0 for nothing now, or `GONE`. */
export function receive(fd: number, into: Uint8Array<ArrayBuffer>): number {
  const n = libc.recv(fd, into, into.length, MSG_DONTWAIT);
  if (n === 0) return GONE;
  return n > 0 ? n : nothingOrGone();
}

/** Writes what the kernel takes: a number of bytes, 0 for nothing now, or `GONE`. */
export function send(fd: number, bytes: Uint8Array<ArrayBuffer>): number {
  const n = libc.send(fd, bytes, bytes.length, MSG_DONTWAIT | MSG_NOSIGNAL);
  return n >= 0 ? n : nothingOrGone();
}

/** Tells the server that nothing more will come. */
export function endWriting(fd: number): void {
  libc.shutdown(fd, SHUT_WR);
}

/** Waits for sockets; each is known by a tag. */
export class Poller {
  readonly #epoll = must("epoll_create1", libc.epoll_create1(0));
  readonly #events = new Int32Array(EVENT_WORDS * EVENTS_PER_WAIT);
  readonly #event = new Int32Array(EVENT_WORDS);

  add(fd: number, tag: number): void {
    this.#control(EPOLL_CTL_ADD, fd, EPOLLIN, tag);
  }

  remove(fd: number): void {
    this.#control(EPOLL_CTL_DEL, fd, 0, 0);
  }

  /** Forgets a socket, and closes it. */
  close(fd: number): void {
    this.remove(fd);
    libc.close(fd);
  }

  /** Whether the socket is to be reported, too, when it can take more bytes. */
  watchWritable(fd: number, tag: number, on: boolean): void {
    this.#control(EPOLL_CTL_MOD, fd, on ? EPOLLIN | EPOLLOUT : EPOLLIN, tag);
  }

  /** Waits at most `milliseconds`. Returns how many sockets are ready, asked for by index below. */
  wait(milliseconds: number): number {
    const ready = libc.epoll_wait(this.#epoll, this.#events, EVENTS_PER_WAIT, milliseconds);
    return Math.max(0, ready); // a signal may interrupt it
  }

  tag(index: number): number {
    return this.#events[index * EVENT_WORDS + EVENT_DATA_WORD]!;
  }

  isWritable(index: number): boolean {
    return (this.#events[index * EVENT_WORDS]! & EPOLLOUT) !== 0;
  }

  /** True too when the connection broke: reading then says so. */
  isReadable(index: number): boolean {
    return (this.#events[index * EVENT_WORDS]! & ~EPOLLOUT) !== 0;
  }

  #control(operation: number, fd: number, flags: number, tag: number): void {
    this.#event[0] = flags;
    this.#event[EVENT_DATA_WORD] = tag;
    must("epoll_ctl", libc.epoll_ctl(this.#epoll, operation, fd, this.#event));
  }
}

function nothingOrGone(): number {
  const code = errno();
  return code === EAGAIN || code === EINTR ? 0 : GONE;
}

function must(call: string, result: number): number {
  if (result < 0) throw new Error(`Cannot ${call}: errno ${errno()}`);
  return result;
}

function errno(): number {
  const pointer = libc.__errno_location();
  return pointer === null ? 0 : new Deno.UnsafePointerView(pointer).getInt32();
}
