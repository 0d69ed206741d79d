// The way between a browser and the server's UDP port, which can be cut and come back as another. It has the
// server's port at an address of its own, which the server is told to advertise.
import dgram from "node:dgram";
import { once } from "node:events";

/** Where browsers send instead of the server's own address. */
export const RELAY_HOST = "127.0.0.2";

const SERVER_HOST = "127.0.0.1";

export class Relay {
  #port = null;
  #isCut = false;
  /** A socket towards the server for each address of the browser. */
  #ways = new Map();

  static async open(test, port) {
    const relay = new Relay();
    relay.#port = await bound(RELAY_HOST, port);
    relay.#port.on("message", (datagram, from) => relay.#forward(datagram, from));
    test.after(() => {
      relay.cut();
      relay.#port.close();
    });
    return relay;
  }

  /** Nothing passes any more. */
  cut() {
    this.#isCut = true;
    for (const way of this.#ways.values()) way.then((socket) => socket.close());
    this.#ways.clear();
  }

  /** What comes now reaches the server from addresses it has not seen. */
  mend() {
    this.#isCut = false;
  }

  async #forward(datagram, from) {
    if (this.#isCut) return;
    const name = `${from.address}:${from.port}`;
    if (!this.#ways.has(name)) this.#ways.set(name, this.#way(from));
    const socket = await this.#ways.get(name);
    if (!this.#isCut) socket.send(datagram, this.#port.address().port, SERVER_HOST);
  }

  async #way(from) {
    const socket = await bound(SERVER_HOST, 0);
    socket.on("message", (datagram) => this.#port.send(datagram, from.port, from.address));
    return socket;
  }
}

async function bound(host, port) {
  const socket = dgram.createSocket("udp4");
  socket.bind(port, host);
  await once(socket, "listening");
  return socket;
}
