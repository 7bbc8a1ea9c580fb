// MQTT 3.1.1 over a WebSocket, as far as a board needs it: connect, subscribe at QoS 0, receive, ping.
// No library: this is the protocol's easy tenth, and a page without foreign code needs neither bundler nor registry.

const CONNECT = 1, CONNACK = 2, PUBLISH = 3, SUBSCRIBE = 8, SUBACK = 9, PINGREQ = 12, PINGRESP = 13;
const REFUSALS = {
  1: "it speaks another MQTT", 2: "it does not like our name", 3: "it is not at home",
  4: "user or password is wrong", 5: "not allowed",
};
const MOST_BUFFERED = 4 * 2 ** 20; // bytes of one packet: a board has no use for more
const utf8 = new TextEncoder();
const text = new TextDecoder();

const field = (value) => {
  const bytes = utf8.encode(value);
  return [bytes.length >> 8, bytes.length & 255, ...bytes];
};

export function encode(type, flags, body) {
  const length = [];
  let rest = body.length;
  do {
    length.push((rest % 128) | (rest > 127 ? 128 : 0));
    rest = Math.floor(rest / 128);
  } while (rest);
  return new Uint8Array([(type << 4) | flags, ...length, ...body]);
}

// Bytes in, packets out; a packet may come in pieces, and one piece may hold several.
export class Decoder {
  #kept = new Uint8Array(0);

  *feed(bytes) {
    const all = new Uint8Array(this.#kept.length + bytes.length);
    all.set(this.#kept);
    all.set(bytes, this.#kept.length);
    let start = 0;
    for (;;) {
      const packet = this.#next(all, start);
      if (!packet) break;
      start = packet.end;
      yield packet;
    }
    this.#kept = all.slice(start);
  }

  #next(all, start) {
    let length = 0;
    for (let n = 0; n < 4; n += 1) {
      const at = start + 1 + n;
      if (at >= all.length) return null;
      length += (all[at] & 127) * 128 ** n;
      if (all[at] & 128) continue;
      if (length > MOST_BUFFERED) throw new Error(`a packet of ${length} bytes`);
      const end = at + 1 + length;
      if (end > all.length) return null;
      return { type: all[start] >> 4, flags: all[start] & 15, body: all.subarray(at + 1, end), end };
    }
    throw new Error("a packet without a length");
  }
}

// Connects for ever, waiting longer after each failure; tells `heard(topic, string)` and `status(word, why)`.
export class Link {
  #attempt = 0;
  #socket = null;
  #beat = 0;
  #retry = 0;
  #closed = false;

  constructor({ url, user, password, filters, heard, status, keepAlive = 15 }) {
    this.url = url;
    this.user = user;
    this.password = password;
    this.filters = filters;
    this.heard = heard;
    this.status = status;
    this.keepAlive = keepAlive;
    this.#open();
  }

  close() {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#socket?.close();
  }

  #open() {
    this.status("connecting");
    const socket = new WebSocket(this.url, ["mqtt"]);
    const decoder = new Decoder();
    let why = "";
    let lastHeard = performance.now();
    const give_up = (reason) => { why = reason; socket.close(); };
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => socket.send(this.#greeting());
    socket.onmessage = ({ data }) => {
      lastHeard = performance.now();
      try {
        for (const packet of decoder.feed(new Uint8Array(data))) this.#take(packet, socket, give_up);
      } catch (error) {
        give_up(error.message);
      }
    };
    this.#beat = setInterval(() => {
      if (performance.now() - lastHeard > 2000 * this.keepAlive) give_up("no answer");
      else if (socket.readyState === WebSocket.OPEN) socket.send(encode(PINGREQ, 0, []));
    }, 500 * this.keepAlive);
    const beat = this.#beat;
    socket.onclose = () => {
      clearInterval(beat);
      if (this.#closed) return;
      const longest = Math.min(10_000, 250 * 2 ** this.#attempt);
      this.#attempt += 1;
      this.status("offline", why || "the broker is not there");
      this.#retry = setTimeout(() => this.#open(), longest * (0.5 + Math.random() / 2));
    };
  }

  #greeting() {
    const known = this.user ? 0xc0 : 0;
    const credentials = this.user ? [...field(this.user), ...field(this.password ?? "")] : [];
    const name = `board-${crypto.getRandomValues(new Uint32Array(2)).join("-")}`;
    const keepAlive = [this.keepAlive >> 8, this.keepAlive & 255];
    return encode(CONNECT, 0, [...field("MQTT"), 4, 0x02 | known, ...keepAlive, ...field(name), ...credentials]);
  }

  #take({ type, flags, body }, socket, give_up) {
    if (type === CONNACK) {
      if (body[1] !== 0) return give_up(REFUSALS[body[1]] ?? `refused (${body[1]})`);
      socket.send(encode(SUBSCRIBE, 2, [0, 1, ...this.filters.flatMap((filter) => [...field(filter), 0])]));
    } else if (type === SUBACK) {
      if (body.subarray(2).some((code) => code >= 128)) return give_up("it may not read the kitchen's topics");
      this.#attempt = 0;
      this.status("live");
    } else if (type === PUBLISH) {
      const length = body[0] * 256 + body[1];
      const after = 2 + length + (flags & 6 ? 2 : 0);
      this.heard(text.decode(body.subarray(2, 2 + length)), text.decode(body.subarray(after)));
    } else if (type !== PINGRESP) {
      give_up(`an unexpected packet (${type})`);
    }
    return undefined;
  }
}
